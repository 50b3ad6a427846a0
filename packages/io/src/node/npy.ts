import type { Tensor } from "@dl/tensor/core";
import { readNpy } from "../npy/read.ts";
import { type NpyWriteOptions, writeNpy } from "../npy/write.ts";
import { type NpzReadOptions, readNpz } from "../npz.ts";
import type { ReadOptions } from "../safetensors/read.ts";
import { readAll, writing } from "./files.ts";

/**
 * Reads a .npy file: `numpy.save` wrote it.
 *
 * @throws DlError with code `data` that names the file and what is wrong with it.
 *
 * @example
 * ```ts no-run: needs a file
 * const images = await loadNpy("images.npy");
 * ```
 */
export const loadNpy = async (path: string, options: ReadOptions = {}): Promise<Tensor> =>
  readNpy(await readAll(path), { ...options, name: path });

/**
 * Reads a .npz file: `numpy.savez` wrote it.
 *
 * @throws DlError with code `data` that names the file, the array, and what is wrong with it.
 *
 * @example
 * ```ts no-run: needs a file
 * const { images, labels } = await loadNpz("digits.npz");
 * ```
 */
export const loadNpz = async (
  path: string,
  options: Omit<NpzReadOptions, "name"> = {},
): Promise<Record<string, Tensor>> => readNpz(await readAll(path), { ...options, name: path });

/**
 * Writes a tensor to a .npy file: `numpy.load` reads it. The file appears when all of it is written.
 *
 * @throws DlError with code `data` where the file cannot be written.
 *
 * @example
 * ```ts no-run: writes a file
 * await saveNpy("images.npy", zeros(2, 3));
 * ```
 */
export const saveNpy = async (
  path: string,
  t: Tensor,
  options: NpyWriteOptions = {},
): Promise<void> => writing(path, [await writeNpy(t, options)]);
