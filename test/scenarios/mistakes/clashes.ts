import type { MistakeRow } from "./row.ts";

const prefix = "clusters.east.prefix";
const why =
  "the claims around a prefix are read when one is made: whoever holds them may have given them up by then";

/** What somebody else has already: a prefix, one around it or inside of it. */
export const clashes: MistakeRow[] = [
  {
    title: "a prefix that another stack writes to",
    ends: "refused",
    env: ({ claimedBucket }) => ({ BUCKET: claimedBucket }),
    program: { clusters: `{ east: { ...east, prefix: "theirs/east" } }` },
    property: prefix,
    says: ["theirs/east/ belongs to", "::their-location", "Choose another prefix"],
  },
  {
    title: "a prefix inside of another stack's",
    ends: "up",
    why,
    env: ({ claimedBucket }) => ({ BUCKET: claimedBucket }),
    program: { clusters: `{ east: { ...east, prefix: "theirs/east/inside" } }` },
    property: prefix,
    says: ["lies below theirs/east/", "::their-location", "Choose a prefix beside it"],
  },
  {
    title: "a prefix around another stack's",
    ends: "up",
    why,
    env: ({ claimedBucket }) => ({ BUCKET: claimedBucket }),
    program: { clusters: `{ east: { ...east, prefix: "theirs" } }` },
    property: prefix,
    says: ["has east/ below it", "::their-location", "Choose a prefix beside it"],
  },
];
