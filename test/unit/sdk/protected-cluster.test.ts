import type * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as velero from "../../../sdk/index.ts";
import { minio, mockProgram, valueOf } from "./mocked-program.ts";

/** No provider runs, but that the health of what was made is what check expects. */
const made = mockProgram(({ inputs: { paused } }) => ({ health: paused === true ? "Paused" : "Healthy" }));
const names = () => made.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`);

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-25T22:00:00Z") }));
afterEach(() => {
  vi.useRealTimers();
  made.length = 0;
});

const storage = minio();
const clusters = {
  east: { kubeconfig: { env: "EAST" }, namespace: "backup-system" },
  dr: { kubeconfig: { env: "DR" }, reads: ["east" as const] },
};
/** Waits until all of its parts are made, and says how they are. */
const settled = ({ health }: { health: pulumi.Output<velero.ProtectedClusterHealth> }) => valueOf(health);

function inputsOf(resource: string): Record<string, unknown> {
  const found =
    made[names().lastIndexOf(resource)] ?? expect.fail(`no ${resource} among ${names().join(", ")}`);
  return found.inputs;
}
const tierOf = (name: string) => inputsOf(`ClusterBackup ${name}`);

describe("A protected cluster of which only the place is said", () => {
  const begin = () =>
    new velero.ProtectedCluster("shop", { location: { storage, clusters }, cluster: "east" });

  test("has a location of its own and three tiers below it, and no drill", async () => {
    const shop = begin();
    expect(await settled(shop)).toEqual({
      location: "Healthy",
      backups: { hourly: "Healthy", daily: "Healthy", weekly: "Healthy" },
    });
    expect(names().toSorted()).toEqual([
      "BackupLocation shop",
      "ClusterBackup shop-daily",
      "ClusterBackup shop-hourly",
      "ClusterBackup shop-weekly",
      "ClusterLocation shop-dr",
      "ClusterLocation shop-east",
      "ProtectedCluster shop",
    ]);
    expect(shop.drill).toBeUndefined();
    const parent = "urn:pulumi:stack::project::velero:index:ProtectedCluster";
    expect(await valueOf(shop.urn)).toBe(`${parent}::shop`);
    const daily = `${parent}$pulumi-nodejs:dynamic/velero:ClusterBackup::shop-daily`;
    expect(await valueOf(shop.backups.daily.urn)).toBe(daily);
    expect(tierOf("shop-daily")["owner"]).toBe(daily);
  });

  test("keeps hourly backups for a day, daily ones for a month and weekly ones for a year, and takes one at once", async () => {
    await settled(begin());
    const common = { cluster: "east", connection: { kubeconfig: { env: "EAST" } } };
    const tiers = {
      hourly: { schedule: "0 * * * *", ttl: "24h", maxAge: "3h" },
      daily: { schedule: "20 2 * * *", ttl: "720h", maxAge: "26h", runNow: true },
      weekly: { schedule: "40 3 * * 0", ttl: "8760h", maxAge: "170h" },
    };
    for (const [tier, expected] of Object.entries(tiers))
      expect(tierOf(`shop-${tier}`)).toMatchObject({ ...common, ...expected });
    for (const tier of ["shop-hourly", "shop-weekly"]) expect(tierOf(tier)).not.toHaveProperty("runNow");
  });
});

describe("A tier", () => {
  const begin = (args: object) =>
    new velero.ProtectedCluster("shop", { location: { storage, clusters }, cluster: "east", ...args });

  test("takes what is said for all of them, and before that what is said for itself", async () => {
    await settled(
      begin({
        includedNamespaces: ["shop"],
        volumes: "none",
        paused: true,
        tiers: {
          hourly: { volumes: "snapshot", ttl: "48h", paused: false },
          weekly: { includedNamespaces: ["*"], ttl: undefined },
        },
      }),
    );
    const includedNamespaces = ["shop"];
    const hourly = { includedNamespaces, volumes: "snapshot", ttl: "48h", maxAge: "3h", paused: false };
    expect(tierOf("shop-hourly")).toMatchObject(hourly);
    expect(tierOf("shop-daily")).toMatchObject({ includedNamespaces, volumes: "none", paused: true });
    expect(tierOf("shop-weekly")).toMatchObject({ includedNamespaces: ["*"], ttl: "8760h" });
  });

  test("with a schedule of its own is as old as that lets it be, and is kept as long as before", async () => {
    await settled(
      begin({ tiers: { hourly: { schedule: "0 */6 * * *" }, daily: { schedule: "@daily", maxAge: "30h" } } }),
    );
    expect(tierOf("shop-hourly")).toMatchObject({ schedule: "0 */6 * * *", ttl: "24h" });
    expect(tierOf("shop-hourly")).not.toHaveProperty("maxAge");
    expect(tierOf("shop-daily")).toMatchObject({ schedule: "@daily", ttl: "720h", maxAge: "30h" });
  });

  test("runs in the time zone that is said, unless it says when", async () => {
    await settled(begin({ timezone: "Europe/Berlin", tiers: { weekly: { schedule: "@weekly" } } }));
    expect(tierOf("shop-daily")["schedule"]).toBe("CRON_TZ=Europe/Berlin 20 2 * * *");
    expect(tierOf("shop-weekly")["schedule"]).toBe("@weekly");
  });

  test("may be left out, or be another; without a daily one the first takes a backup at once", async () => {
    const shop = begin({
      tiers: { daily: false, hourly: false, yearly: { schedule: "0 5 1 1 *", ttl: "26280h" } },
    });
    const { backups } = await settled(shop);
    expect(Object.keys(backups)).toEqual(["weekly", "yearly"]);
    expect(tierOf("shop-weekly")["runNow"]).toBe(true);
    expect(tierOf("shop-yearly")).toMatchObject({ schedule: "0 5 1 1 *", ttl: "26280h" });
    expect(tierOf("shop-yearly")).not.toHaveProperty("runNow");
  });

  test("that is misspelt goes to the provider with its complaint, and so does an option of all", async () => {
    await settled(begin({ tiers: { daily: { tttl: "1h" } }, volums: "none" }));
    expect(tierOf("shop-daily")).toMatchObject({ tttl: "1h", volums: "none" });
  });

  test("without a schedule is refused where there is no default, and so is having none at all", () => {
    expect(() => begin({ tiers: { dialy: { ttl: "1h" } } })).toThrow(
      "tiers.dialy: needs a `schedule`, since it is none of hourly, daily, weekly.",
    );
    expect(() => begin({ tiers: { hourly: false, daily: false, weekly: false } })).toThrow(
      "tiers: all are left out, and nothing would be backed up.",
    );
  });
});

describe("A drill", () => {
  const begin = (drill: velero.ProtectedClusterArgs<"east" | "dr", "weekly">["drill"]) => {
    const location = new velero.BackupLocation("primary", { storage, clusters });
    return new velero.ProtectedCluster("shop", {
      location,
      cluster: "east",
      tiers: { weekly: {} },
      ...{ drill },
    });
  };
  const drilled = () => inputsOf("Restore shop-drill");

  test("into the cluster itself is under other names, once a month, and of what every drill takes", async () => {
    const shop = begin(true);
    expect(await settled(shop)).toMatchObject({ drill: "Healthy" });
    expect(drilled()).toMatchObject({
      drill: true,
      namespaceMapping: { "*": "*-drill" },
      excludedNamespaces: ["kube-node-lease", "kube-public", "kube-system"],
      triggers: ["2026-11"],
      source: { owner: await valueOf(shop.backups.daily.urn), scheduled: true },
      targets: { east: { cluster: "east", connection: { kubeconfig: { env: "EAST" } } } },
    });
    // Every drill leaves out what a controller would act upon.
    expect(drilled()).not.toHaveProperty("includedResources");
    expect(tierOf("shop-daily")["runNow"]).toBe(true);
  });

  test("takes all that a restore takes, a tier, and another cluster", async () => {
    const shop = begin({
      cluster: "dr",
      tier: "weekly",
      includedNamespaces: ["shop"],
      includedResources: ["*"],
      namespaceMapping: { shop: "proof" },
      drill: { keep: true },
      triggers: ["release 7"],
      allowPartialFailure: undefined,
    });
    await settled(shop);
    expect(drilled()).toMatchObject({
      includedNamespaces: ["shop"],
      includedResources: ["*"],
      namespaceMapping: { shop: "proof" },
      drill: { keep: true },
      triggers: ["release 7"],
      source: { owner: await valueOf(shop.backups.weekly!.urn) },
      targets: { east: { cluster: "dr", connection: { kubeconfig: { env: "DR" } } } },
    });
    expect(drilled()).not.toHaveProperty("excludedNamespaces");
    expect(tierOf("shop-weekly")["runNow"]).toBe(true);
    expect(tierOf("shop-daily")).not.toHaveProperty("runNow");
  });

  test("is another one in another month, and the same one in the same", async () => {
    await settled(begin(true));
    const november = drilled();
    vi.setSystemTime(new Date("2026-11-30T23:59:59Z"));
    await settled(begin(true));
    expect(drilled()["triggers"]).toEqual(november["triggers"]);
    vi.setSystemTime(new Date("2026-12-01T00:00:00Z"));
    await settled(begin(true));
    expect(drilled()["triggers"]).toEqual(["2026-12"]);
  });

  test("that is turned off changes nothing of the backups", async () => {
    await settled(begin(true));
    const withDrill = tierOf("shop-daily");
    const shop = begin(false);
    expect(await settled(shop)).not.toHaveProperty("drill");
    expect(tierOf("shop-daily")).toEqual(withDrill);
  });

  test("of a tier that there is not is refused, with those that there are", () => {
    expect(() => begin({ tier: "yearly" as "weekly" })).toThrow(
      'drill.tier: there is no tier "yearly"; there are: hourly, daily, weekly',
    );
  });
});

describe("A location that there is", () => {
  test("is used, whoever owns it, and stays outside", async () => {
    const location = new velero.BackupLocation("primary", { storage, clusters });
    const ours = new velero.ProtectedCluster("ours", { location, cluster: "east" });
    const handed = velero.locationFrom("handed", location.handle, { clusters: { east: { ambient: true } } });
    const theirs = new velero.ProtectedCluster("theirs", { location: handed, cluster: "east" });
    expect(await settled(ours)).not.toHaveProperty("location");
    await settled(theirs);
    expect(ours.location).toBe(location);
    const locations = names().filter((each) => each.startsWith("BackupLocation "));
    expect(new Set(locations)).toEqual(new Set(["BackupLocation primary"]));
    expect(tierOf("theirs-daily")["connection"]).toEqual({ ambient: true });
  });

  test("that lacks the cluster says which it has", () => {
    const location: velero.Location<string> = new velero.BackupLocation("primary", { storage, clusters });
    const own = { storage, clusters: clusters as Record<string, velero.ClusterArgs> };
    const words = 'no cluster "west"; it has: east, dr';
    expect(() => new velero.ProtectedCluster("shop", { location, cluster: "west" })).toThrow(words);
    expect(() => new velero.ProtectedCluster("shop", { location: own, cluster: "west" })).toThrow(words);
  });
});

test("a k8s.Provider among the options is told where it belongs", () => {
  const provider = {} as pulumi.ProviderResource;
  const args = { location: { storage, clusters }, cluster: "east" } as const;
  for (const opts of [{ provider }, { providers: [provider] }, { providers: { kubernetes: provider } }]) {
    expect(() => new velero.ProtectedCluster("shop", args, opts)).toThrow(
      /^velero\.ProtectedCluster takes no "providers?".*belongs into the BackupLocation's `clusters/,
    );
  }
});
