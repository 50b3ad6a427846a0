import { DlError } from "@dl/tensor/core";

/** The 100 classes, in the order of their labels. */
export const CIFAR100_CLASSES: readonly string[] = (
  "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle " +
  "caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish " +
  "forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle " +
  "mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine " +
  "possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar " +
  "sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale " +
  "willow_tree wolf woman worm"
).split(" ");

/** The 20 groups of five classes each, the coarse labels. */
export const CIFAR100_SUPERCLASSES: readonly string[] = (
  "aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices household_furniture " +
  "insects large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes large_omnivores_and_herbivores " +
  "medium_mammals non-insect_invertebrates people reptiles small_mammals trees vehicles_1 vehicles_2"
).split(" ");

const PIXELS = 3 * 32 * 32;
const RECORD = 2 + PIXELS;

/**
 * Reads a file of CIFAR-100's binary version: per image a byte of coarse and one of fine label, then 1024 red, 1024 green
 * and 1024 blue.
 *
 * @returns `images` `[N, 3, 32, 32]`, `labels` `[N]` from 0 to 99 and `coarse` `[N]` from 0 to 19, as bytes. `name` is for
 *   errors.
 */
export function parseCifar100(
  bytes: Uint8Array,
  name: string,
): { images: Uint8Array; labels: Uint8Array; coarse: Uint8Array } {
  const n = Math.floor(bytes.length / RECORD);
  const wrong = (what: string) => new DlError("data", `${name}: ${what}`);
  if (n === 0 || bytes.length % RECORD !== 0)
    throw wrong(
      `${RECORD} bytes an image expected, got ${bytes.length.toLocaleString("en")}, which is ${n} images and ` +
        `${bytes.length % RECORD} bytes: the file is truncated, or is not of CIFAR-100's binary version; delete it and download again`,
    );
  const images = new Uint8Array(n * PIXELS);
  const labels = new Uint8Array(n);
  const coarse = new Uint8Array(n);
  const groups = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    const at = i * RECORD;
    coarse[i] = bytes[at];
    labels[i] = bytes[at + 1];
    if (coarse[i] > 19 || labels[i] > 99)
      throw wrong(
        `the labels of image ${i} are ${coarse[i]} and ${labels[i]}, not of 0 … 19 and 0 … 99: the file is not of CIFAR-100's binary version`,
      );
    const group = groups.get(labels[i]) ?? coarse[i];
    groups.set(labels[i], group);
    if (group !== coarse[i])
      throw wrong(
        `class ${labels[i]} is in group ${group}, and for image ${i} in group ${coarse[i]}: the file is damaged`,
      );
    images.set(bytes.subarray(at + 2, at + RECORD), i * PIXELS);
  }
  return { images, labels, coarse };
}
