import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Objects are compressed together, since the next one is much like the last. */
const BLOCK_BYTES = 256_000;
/** Blocks that are kept unpacked: what was read last is mostly what is read next. */
const UNPACKED = 8;

/** Gives an object back, as a new one each time. */
export type Unpack<T> = () => T;

/**
 * Keeps many objects in little memory, outside of the heap, for those that look at each only once or twice. They are
 * read fastest in the order in which they came.
 */
export function packObjects(): { add<T>(json: string | Uint8Array): Unpack<T> } {
  const packed: Buffer[] = [];
  let open: Uint8Array[] = [];
  let openBytes = 0;
  const unpacked = new Map<number, Buffer>();

  function close(): void {
    // The result lies in a larger buffer of zlib's own, which would be kept with it.
    packed.push(Buffer.from(deflateRawSync(Buffer.concat(open), { level: 1 })));
    [open, openBytes] = [[], 0];
  }

  function blockAt(index: number): Buffer {
    const source = packed[index];
    if (!source) return Buffer.concat(open);
    const block = unpacked.get(index) ?? inflateRawSync(source);
    unpacked.delete(index);
    unpacked.set(index, block);
    const [oldest] = unpacked.keys();
    if (unpacked.size > UNPACKED && oldest !== undefined) unpacked.delete(oldest);
    return block;
  }

  return {
    add<T>(json: string | Uint8Array) {
      // Its owner may change it.
      const bytes = typeof json === "string" ? Buffer.from(json) : Buffer.copyBytesFrom(json);
      const [block, from] = [packed.length, openBytes];
      open.push(bytes);
      openBytes += bytes.length;
      const to = openBytes;
      if (openBytes >= BLOCK_BYTES) close();
      return () => JSON.parse(blockAt(block).toString("utf8", from, to)) as T;
    },
  };
}
