import { describe, expect, test } from "vitest";
import * as velero from "../../../sdk/index.ts";
import { minio, mockProgram, valueOf } from "./mocked-program.ts";

interface Reached {
  location?: { lineage: string };
}
interface Given extends Reached {
  lineage?: string;
  adoptLineage?: string;
  reach?: Record<string, Reached>;
  targets?: Record<string, Reached>;
}

/** Each location has a lineage of its own, by its name. */
const all = mockProgram(({ type, name }) =>
  /:(BackupLocation|SharedLocation)$/.test(type) ? { lineage: `lineage of ${name}` } : {},
);
const made = { get: (name: string) => all.findLast((each) => each.name === name)?.inputs };

const storage = minio();
const clusters = { east: { ambient: true } } as const;
const adoptLineage = "00000000000000b2";

/** What the provider is given for what hangs on a location, once all of it was made. */
async function givenOn(location: velero.Location<"east">) {
  const backup = new velero.ClusterBackup("backup", { location, cluster: "east" });
  const workspace = new velero.WorkspaceBackup("workspace", { location, clusters: "all" });
  const restores = [
    new velero.Restore("of-backup", { backup, cluster: "east" }),
    new velero.Restore("of-workspace", { backup: workspace, clusterMapping: { east: "east" } }),
    new velero.Restore("by-name", { backup: { location, from: "east", backupName: "b" }, cluster: "east" }),
  ];
  for (const each of [backup, workspace, ...restores]) await valueOf(each.urn);
  return ["backup", "workspace", "of-backup", "of-workspace", "by-name"].map((name) => {
    const { lineage, adoptLineage: adopted, ...given } = made.get(name) as Given;
    const places = [given, ...Object.values({ ...given.reach, ...given.targets })];
    return { lineage, adopted, places: places.flatMap(({ location: place }) => place?.lineage ?? []) };
  });
}

describe("The lineage of a location", () => {
  test("is that of its clusters and of all that hangs on it, and stands in its handle", async () => {
    const location = new velero.BackupLocation("primary", { storage, clusters, adoptLineage });
    const lineage = "lineage of primary";
    const of = { lineage, adopted: adoptLineage, places: [lineage] };
    expect(await givenOn(location)).toEqual([of, of, of, of, of]);
    expect(made.get("primary-east")).toMatchObject({ lineage, adoptLineage });
    expect(made.get("primary")).toMatchObject({ adoptLineage });
    const handle = await valueOf(location.handle);
    expect(handle.clusters["east"]).toMatchObject({ lineage });
  });

  test("is the owner's alone where another stack uses it, which has one of its own for what it makes", async () => {
    const { handle } = new velero.BackupLocation("theirs", { storage, clusters, adoptLineage: "ignored" });
    const location = velero.locationFrom("ours", handle, { clusters, adoptLineage });
    const of = { lineage: "lineage of ours", adopted: adoptLineage, places: ["lineage of theirs"] };
    expect(await givenOn(location)).toEqual([of, of, of, of, of]);
    expect(made.get("ours")).toMatchObject({ adoptLineage });
    expect(made.get("ours")).not.toHaveProperty("clusters");
  });

  test("adopts nothing where nothing is said", async () => {
    const location = new velero.BackupLocation("primary", { storage, clusters });
    for (const { adopted } of await givenOn(location)) expect(adopted).toBeUndefined();
  });

  test("is not to be had of a use without a name, which says how one is declared", () => {
    const nameless = velero.locationFrom as unknown as (handle: object, args: object) => unknown;
    expect(() => nameless({}, { clusters })).toThrow(
      /takes a name for this stack's use .*locationFrom\("platform"/,
    );
  });
});
