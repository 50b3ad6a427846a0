import { gunzip, ImageDataset, parseIdx } from "@dl/data";
import { DlError } from "@dl/tensor";
import { type Digits, normalize, SIDE } from "./digits.ts";

type Part = "train" | "test";
type Kind = "images" | "labels";
interface Contents {
  readonly file: string;
  readonly data: Uint8Array;
  readonly count: number;
}

/** What is read of a `File`. */
export interface NamedFile {
  readonly name: string;
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** MNIST's training images have 47 MB. */
const MOST_BYTES = 2 ** 28;
const PIXELS = SIDE * SIDE;

/**
 * Files in MNIST's form, as they come: all at once or one by one, packed or not. A file that does not fit is refused, and
 * what was there before stays.
 */
export class MnistFiles {
  readonly #parts: Record<Part, Partial<Record<Kind, Contents>>> = { train: {}, test: {} };

  /** @throws DlError that names the file and says what is wrong with it. */
  async add(file: NamedFile): Promise<void> {
    const [problem] = await this.addAll([file]);
    if (problem) throw problem;
  }

  /** Files that come together: images and labels among them take the place of others. Returns what is wrong with which. */
  async addAll(files: readonly NamedFile[]): Promise<unknown[]> {
    const problems: unknown[] = [];
    const parts: Record<Part, Partial<Record<Kind, Contents>>> = { train: {}, test: {} };
    for (const file of files) {
      try {
        const { part, kind, contents } = await read(file);
        parts[part][kind] = contents;
      } catch (error) {
        problems.push(error);
      }
    }
    for (const part of ["train", "test"] as const) {
      const { images, labels } = { ...this.#parts[part], ...parts[part] };
      if (images && labels && images.count !== labels.count)
        problems.push(
          parts[part].images
            ? strangers(images, "images", labels)
            : strangers(labels, "labels", images),
        );
      else Object.assign(this.#parts[part], parts[part]);
    }
    return problems;
  }

  /** What has to come before there is something to train on. */
  get missing(): string[] {
    const { images, labels } = this.#parts.train;
    return [...(images ? [] : ["training images"]), ...(labels ? [] : ["training labels"])];
  }

  /** Without files to test on a tenth of the others is kept back for it. Undefined while something is missing. */
  get digits(): Digits | undefined {
    const { train, test } = this.#parts;
    if (!train.images || !train.labels) return undefined;
    const from = (i: Contents, l: Contents, begin: number, end: number): ImageDataset =>
      new ImageDataset(
        i.data.subarray(begin * PIXELS, end * PIXELS),
        l.data.subarray(begin, end),
        [1, SIDE, SIDE],
        { normalize },
      );
    const { count, file } = train.images;
    const name = file.replace(/\.gz$/, "");
    if (test.images && test.labels)
      return {
        name,
        train: from(train.images, train.labels, 0, count),
        test: from(test.images, test.labels, 0, test.images.count),
      };
    const kept = Math.floor(0.9 * count);
    return {
      name,
      train: from(train.images, train.labels, 0, kept),
      test: from(train.images, train.labels, kept, count),
    };
  }
}

async function read(file: NamedFile): Promise<{ part: Part; kind: Kind; contents: Contents }> {
  const { name } = file;
  if (file.size > MOST_BYTES)
    throw new DlError(
      "data",
      `${name}: it has ${Math.round(file.size / 1e6)} MB; MNIST's largest file has 47 MB`,
    );
  const bytes = await file.arrayBuffer().catch((cause: Error) => {
    throw new DlError("data", `${name}: the browser cannot read it (${cause.message})`, { cause });
  });
  const unpacked = await gunzip(new Uint8Array(bytes), name, { maxBytes: MOST_BYTES });
  const { shape, data } = parseIdx(unpacked, name);
  const kind = kindOf(name, shape, data);
  const contents = { file: name, data: data as Uint8Array, count: shape[0] };
  return { part: partOf(name, shape[0]), kind, contents };
}

const strangers = (one: Contents, kind: Kind, other: Contents): DlError =>
  new DlError(
    "data",
    `${one.file}: it has ${one.count.toLocaleString("en")} ${kind}, but ${other.file} is for ` +
      `${other.count.toLocaleString("en")}: the two do not belong together`,
  );

function kindOf(name: string, shape: readonly number[], data: unknown): Kind {
  const sizes = shape.join("×");
  if (!(data instanceof Uint8Array))
    throw new DlError("data", `${name}: its numbers are not bytes, as those of MNIST are`);
  if (shape[0] < 10) throw new DlError("data", `${name}: it has only ${shape[0]} entries`);
  if (shape.length === 3) {
    if (shape[1] === SIDE && shape[2] === SIDE) return "images";
    throw new DlError("data", `${name}: images of 28×28 pixels are wanted, it is ${sizes}`);
  }
  if (shape.length !== 1)
    throw new DlError(
      "data",
      `${name}: it is ${sizes}, neither images (N×28×28) nor labels (N numbers)`,
    );
  const wrong = data.findIndex((label) => label > 9);
  if (wrong >= 0)
    throw new DlError("data", `${name}: label ${wrong} is ${data[wrong]}; digits are 0 to 9`);
  return "labels";
}

/** By the name; of other names, by the size: MNIST has 60,000 to train on and 10,000 to test on. */
function partOf(name: string, count: number): Part {
  if (/t10k|test/i.test(name)) return "test";
  if (/train/i.test(name)) return "train";
  return count === 10_000 ? "test" : "train";
}
