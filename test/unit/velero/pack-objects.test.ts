import { expect, test } from "vitest";
import { packObjects } from "../../../provider/velero/backup-contents.ts";

const object = (index: number, bytes = 100) => ({
  metadata: { name: `größe-${index}-日本-🐘` },
  data: { text: String(index).repeat(bytes) },
});

test("Objects come back as they were, in any order, whether their block is full or not", () => {
  const pack = packObjects();
  const unpack = Array.from({ length: 5_000 }, (_, index) => pack.add(JSON.stringify(object(index))));
  const order = unpack.map((_, index) => (index * 1_237) % unpack.length);
  for (const index of order) expect(unpack[index]?.()).toEqual(object(index));
});

test("An object that is larger than a block comes back as well, and so do those around it", () => {
  const pack = packObjects();
  const unpack = [10, 400_000, 10, 300_000, 10].map((bytes, index) =>
    pack.add(Buffer.from(JSON.stringify(object(index, bytes)))),
  );
  const read = unpack.map((each) => each());
  expect(read).toEqual([10, 400_000, 10, 300_000, 10].map((bytes, index) => object(index, bytes)));
});

test("What is given back belongs to its reader, and changes nothing", () => {
  const unpack = packObjects().add<{ a: number[] }>('{"a":[1]}');
  unpack().a.push(2);
  expect(unpack()).toEqual({ a: [1] });
});

test("What was given may be changed afterwards", () => {
  const json = Buffer.from('{"a":1}');
  const unpack = packObjects().add(json);
  json.fill(0);
  expect(unpack()).toEqual({ a: 1 });
});
