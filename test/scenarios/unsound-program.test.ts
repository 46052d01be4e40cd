import { beforeAll, expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { complaintsIn } from "./complaints.ts";
import { litterIn } from "./leftovers.ts";
import { expectRefusal, type Mistake, programOf } from "./mistake.ts";
import { messagesOf, stackOn, type Stack, veleroObjects } from "./stack.ts";

const k8sProvider = `const k8s = require("@pulumi/kubernetes"); const provider = new k8s.Provider("east", {});`;

describeOnSandbox("A program that cannot be meant", (sandbox) => {
  let shop: string;

  beforeAll(async () => {
    shop = await createNamespace(sandbox.cluster("east"), "shop");
  });

  /** Refused before anything of the resource in question is made. */
  const unsound: Mistake[] = [
    {
      name: "a cron that does not parse",
      program: { backup: `schedule: "0 25 * * *"` },
      says: [
        /^schedule: "0 25 \* \* \*"/,
        'hour: "25" is not within 0 and 23',
        'Every night at two is "0 2 * * *"',
        'cluster "east"',
      ],
    },
    {
      name: "days as a duration",
      program: { backup: `ttl: "30d"` },
      says: [/^ttl: "30d" is not a Go duration/, '30 days are "720h"', 'cluster "east"'],
    },
    {
      name: "a reference for the store whose variable is not set",
      env: () => ({ MINIO_SECRET_KEY: undefined }),
      says: [
        /^storage\.minio\.credentials\.static\.secretAccessKey: /,
        "MINIO_SECRET_KEY is not set",
        "set it where Pulumi runs",
      ],
    },
    {
      name: "a kubeconfig whose variable is not set",
      env: () => ({ EAST_KUBECONFIG: undefined }),
      says: [/^clusters\.east\.kubeconfig: /, "EAST_KUBECONFIG is not set", "set it where Pulumi runs"],
    },
    {
      name: "a k8s.Provider without a kubeconfig",
      program: { before: k8sProvider, clusters: "{ east: { provider } }" },
      says: [
        /^clusters\.east: has no connection/,
        "Give exactly one of `provider` (a k8s.Provider with a kubeconfig",
      ],
    },
    {
      name: "a k8s.Provider among the options",
      program: { before: k8sProvider, options: "{ provider }" },
      says: [
        'velero.ClusterBackup takes no "provider"',
        "belongs into the BackupLocation's `clusters: { <key>: { provider } }`",
      ],
    },
    {
      name: "a cluster without a connection",
      program: { clusters: "{ east: { kubeconfig: undefined } }" },
      says: [/^clusters\.east: has no connection/, "`kubeconfig`", "the current context is never guessed"],
    },
    {
      name: "a cluster with two connections",
      program: { clusters: "{ east: { ...east, ambient: true } }" },
      says: [/^clusters\.east: has more than one connection/, "Give exactly one"],
    },
    {
      name: "a backup of a cluster that the location does not have",
      program: { backup: `cluster: "eats"` },
      says: ['cluster: the location has no cluster "eats"', "it has: east"],
    },
    {
      name: "a misspelt property of the store",
      program: { storage: `{ minio: { ...storage.minio, regoin: "x" } }` },
      says: [/^storage\.minio\.regoin: there is no such property/, "mend its spelling"],
    },
    {
      name: "a misspelt property of a cluster",
      program: { clusters: `{ east: { ...east, namspace: "x" } }` },
      says: [/^clusters\.east\.namspace: there is no such property/, "mend its spelling"],
    },
    {
      name: "a misspelt property of the location",
      program: { location: `timeout: { create: "1h" },` },
      says: [/^timeout: there is no such property/, "mend its spelling"],
    },
    {
      name: "a misspelt property of a backup",
      program: { backup: `includedNamspaces: ["x"]` },
      says: [/^includedNamspaces: there is no such property/, "mend its spelling", 'cluster "east"'],
    },
  ];

  test.each(unsound)("$name: is told in one message, before anything of it is made", async (mistake) => {
    const stack = await stackOn(sandbox, programOf(mistake.program), { env: { SHOP: shop } });
    await expectRefusal(stack, mistake);
    const east = sandbox.cluster("east");
    expect(await veleroObjects(east, "backups", stack)).toEqual([]);
    expect(await veleroObjects(east, "schedules", stack)).toEqual([]);
    await expectCleanDestroy(stack);
  });

  test("all mistakes of a resource are told at once, also a store's that is missing", async () => {
    const backup = `schedule: "often", ttl: "30d", volumes: "all", includedNamspaces: []`;
    const stack = await stackOn(sandbox, programOf({ backup }), { env: { SHOP: shop } });
    const run = await stack.up();
    const many = complaintsIn(run);
    expect(many.map((complaint) => complaint.split(":")[0]).sort()).toEqual([
      "includedNamspaces",
      "schedule",
      "ttl",
      "volumes",
    ]);
    expect(many.join("\n")).toContain('volumes: must be one of "snapshot", "moveData", "fileCopy", "none"');
    const section = "node_modules/pulumi-velero/docs/troubleshooting.md#invalidinput";
    expect(messagesOf(run).split(`[velero:InvalidInput] is explained in ${section}`)).toHaveLength(2);

    stack.change(`new velero.BackupLocation("primary", { storge: storage, clusters: { east } });`);
    const none = complaintsIn(await stack.up());
    expect(none.sort()).toEqual([
      expect.stringMatching(/^storage: is required/),
      expect.stringMatching(/^storge: there is no such property here/),
    ]);
    await expectCleanDestroy(stack);
  });

  test("a reference that cannot be resolved is a mere notice in a preview", async () => {
    const stack = await stackOn(sandbox, programOf(), { env: { SHOP: shop } });
    const preview = await stack.preview({ env: { MINIO_SECRET_KEY: undefined } });
    expect(preview.ok, messagesOf(preview)).toBe(true);
    expect(messagesOf(preview)).toContain(
      "primary: storage.minio.credentials.static.secretAccessKey: the environment variable MINIO_SECRET_KEY is not set",
    );
  });

  async function expectCleanDestroy(stack: Stack): Promise<void> {
    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await veleroObjects(sandbox.cluster("east"), "backupstoragelocations", stack)).toEqual([]);
    expect(await litterIn(sandbox, stack.bucket)).toEqual([]);
  }
});
