/** Lower-case hex of bytes, without copying them. */
export const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");

/** The bytes of lower-case hex. */
export const bytesOfHex = (hex: string): Uint8Array => Buffer.from(hex, "hex");
