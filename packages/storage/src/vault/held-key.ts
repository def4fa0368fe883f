const KEY_BYTES = 32;

/**
 * A subject's key of one epoch, where it lies among others that came in one piece: a hundred thousand of them are read at once,
 * and only those that are used become objects of their own. Older keys of the subject hang behind it.
 */
export class HeldKey {
  readonly epoch: number;
  readonly older: HeldKey | null;
  readonly #block: Buffer;
  readonly #at: number;
  #key: Uint8Array | null = null;

  constructor(epoch: number, block: Buffer, at: number, older: HeldKey | null) {
    this.epoch = epoch;
    this.older = older;
    this.#block = block;
    this.#at = at;
  }

  /** The same object at every call. */
  get key(): Uint8Array {
    this.#key ??= this.#block.subarray(this.#at, this.#at + KEY_BYTES);
    return this.#key;
  }

  copyTo(target: Buffer, at: number): void {
    // A call into the engine for each of a hundred thousand keys costs more than these steps.
    for (let step = 0; step < KEY_BYTES; step += 1) target[at + step] = this.#block[this.#at + step] ?? 0;
  }

  destroy(): void {
    this.#block.fill(0, this.#at, this.#at + KEY_BYTES);
  }
}
