import { describe, expect, test } from "vitest";
import type { RestoreOptions } from "../../../../provider/velero/restore-option-entries.ts";
import { requirementsMissing, type Surroundings } from "../../../../provider/kinds/restore/examine.ts";
import type { Selected } from "../../../../provider/restore-model/choose-items.ts";
import { sharedDisks } from "../../../../provider/restore-model/plan.ts";
import { captured, selected } from "./captured.ts";

const around: Surroundings = {
  cluster: "dr",
  storageClasses: ["standard"],
  terminating: [],
  sharedDisks: [],
  outOfSight: [],
};
const claim = (name: string, storageClassName?: string): Selected =>
  selected(captured("persistentvolumeclaims", `shop/${name}`, { spec: { storageClassName } }));

const missing = (
  items: readonly Selected[],
  {
    surroundings = {},
    kinds = [],
    ...options
  }: RestoreOptions & { surroundings?: Partial<Surroundings>; kinds?: string[] } = {},
): string | undefined =>
  requirementsMissing(items, { missingKinds: kinds }, options, { ...around, ...surroundings })?.message;

describe("A target that has everything", () => {
  test.each<[string, readonly Selected[], Parameters<typeof missing>[1]]>([
    ["nothing is wanted of it", [], {}],
    ["it has the storage class", [claim("a", "standard")], {}],
    ["a claim takes the default one", [claim("a"), claim("b", "")], {}],
    [
      "the class is mapped to one that it has",
      [claim("a", "gp2")],
      { storageClassMapping: { gp2: "standard" } },
    ],
    [
      "the backup brings the class along",
      [claim("a", "gp2"), selected(captured("storageclasses.storage.k8s.io", "gp2"))],
      {},
    ],
    ["volumes are left out", [claim("a", "gp2")], { restorePVs: false }],
    ["nobody may see its classes", [claim("a", "gp2")], { surroundings: { storageClasses: undefined } }],
    ["another namespace is being deleted", [claim("a")], { surroundings: { terminating: ["billing"] } }],
    ["disks are taken over on purpose", [claim("a")], { surroundings: { sharedDisks: ["pv-1"] } }],
    [
      "a drill leaves volumes out",
      [claim("a")],
      { drill: true, restorePVs: false, surroundings: { sharedDisks: ["pv-1"] } },
    ],
  ])("is told nothing: %s", (_why, items, how) => {
    expect(missing(items, how)).toBeUndefined();
  });
});

describe("What a target lacks is named, with what to do", () => {
  test("a kind, and the version in which the backup has it", () => {
    const items = [
      selected(captured("widgets.example.com", "shop/w", { apiVersion: "example.com/v1beta1" })),
    ];
    expect(missing(items, { kinds: ["widgets.example.com"] })).toBe(
      'cluster "dr" cannot take up what the backup holds, and nothing was restored: it does not know ' +
        "widgets.example.com in version example.com/v1beta1 (install what defines it, or exclude it with excludedResources). " +
        "Then run up again.",
    );
  });

  test("each storage class once, by the name that it would have there", () => {
    const items = [claim("a", "gp2"), claim("b", "gp2"), claim("c", "io1"), claim("d", "standard")];
    const said = missing(items, { storageClassMapping: { io1: "fast" } });
    expect(said?.match(/no storage class "\w+"/g)).toEqual([
      'no storage class "fast"',
      'no storage class "gp2"',
    ]);
    expect(said).toContain("map it with storageClassMapping, or leave volumes out with restorePVs: false");
  });

  test("a namespace that is being deleted, by its name there, also one without an object in it", () => {
    const into = selected(captured("configmaps", "shop/a"), "shop-copy");
    const surroundings = { terminating: ["shop", "shop-copy", "other"] };
    expect(missing([into], { surroundings })).toMatch(
      /: namespace "shop-copy" is being deleted there \([^;]*\)\. Then/,
    );
    expect(missing([selected(captured("namespaces", "shop"))], { surroundings })).toMatch(
      /: namespace "shop" is being/,
    );
  });

  test("disks of the source that a drill would take", () => {
    for (const drill of [true, { keep: true }]) {
      expect(missing([claim("a")], { drill, surroundings: { sharedDisks: ["pv-1"] } })).toMatch(
        /volume "pv-1" has reclaim policy Retain, and the backup holds no data of it.*no drill may touch/,
      );
    }
  });

  test("all of it at once", () => {
    const said = missing([claim("a", "gp2")], {
      drill: true,
      kinds: ["a.example.com", "b.example.com"],
      surroundings: { storageClasses: [], terminating: ["shop"], sharedDisks: ["pv-1", "pv-2"] },
    });
    for (const word of ["a.example.com", "b.example.com", '"gp2"', '"shop"', '"pv-1"', '"pv-2"'])
      expect(said).toContain(word);
    expect(said?.split("; ")).toHaveLength(6);
  });
});

describe("A disk would be the source's own", () => {
  const claimOf = (volumeName: string) =>
    captured("persistentvolumeclaims", `shop/claim-of-${volumeName}`, { spec: { volumeName } });
  const volume = (name: string, persistentVolumeReclaimPolicy: string) =>
    captured("persistentvolumes", name, { spec: { persistentVolumeReclaimPolicy } });
  const contents = [
    claimOf("kept"),
    claimOf("gone"),
    volume("kept", "Retain"),
    volume("gone", "Delete"),
    volume("free", "Retain"),
  ];
  const items = contents.map((item) => selected(item));

  test("where it outlives its claim, and the backup holds no data of it", () => {
    expect(sharedDisks(items, contents, [])).toEqual(["kept"]);
    expect(sharedDisks(items, contents, ["kept"])).toEqual([]);
    expect(sharedDisks(items, contents, ["gone", "free"])).toEqual(["kept"]);
  });

  test("also where the volume itself is not among what is restored, and not where its claim is not", () => {
    const claims = items.filter(({ resource }) => resource === "persistentvolumeclaims");
    expect(sharedDisks(claims, contents, [])).toEqual(["kept"]);
    expect(
      sharedDisks(
        items.filter((item) => !claims.includes(item)),
        contents,
        [],
      ),
    ).toEqual([]);
  });
});

test("A restore of what the target cannot list is refused, since Velero may wait for it without end", () => {
  const outOfSight = ["gizmos.example.com cannot be listed there (conversion webhook failed)"];
  expect(
    requirementsMissing([claim("data")], { missingKinds: [] }, {}, { ...around, outOfSight })?.message,
  ).toContain(
    "nothing was restored: gizmos.example.com cannot be listed there (conversion webhook failed), so that Velero may wait for it without end (mend it, or exclude it with excludedResources",
  );
});
