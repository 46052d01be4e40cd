import { createServer as createWebServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { startSandbox } from "../sandbox/start-sandbox.ts";
import { litterIn, objectsIn } from "./leftovers.ts";
import { expectRefusal, type Mistake, programOf } from "./mistake.ts";
import { messagesOf, stackOn, type Stack } from "./stack.ts";

// A sandbox of their own, so that whatever is left there is theirs.
describeOnSandbox("A program with a mistake", () => {
  let sandbox: Sandbox;
  let shop: string;
  let web: string;
  let silent: string;
  const servers: Server[] = [];
  const knocks: number[] = [];
  const contact = (after: number) => knocks.find((time) => time >= after);
  const kubeconfigAt = (server: string) =>
    sandbox.cluster("east").kubeconfig.replace(/server: .*/, `server: ${server}`);

  beforeAll(async () => {
    sandbox = await startSandbox({ clusters: ["east", { name: "bare", velero: false }] });
    shop = await createNamespace(sandbox.cluster("east"), "shop");
    await seedNamespace(sandbox.cluster("east"), shop, { objects: 4 });
    const page = createWebServer((_request, answer) => {
      answer.setHeader("content-type", "text/html").end("<html><body>It works!</body></html>");
    });
    servers.push(
      page,
      createServer(() => void knocks.push(Date.now())),
    );
    const [webPort, silentPort] = await Promise.all(servers.map(listen));
    web = `http://127.0.0.1:${webPort}`;
    silent = `127.0.0.1:${silentPort}`;
  });

  afterAll(async () => {
    for (const server of servers) server.close();
    await sandbox.stop();
  });

  /** Refused by a store or a cluster: something may exist by then. */
  const refused: Mistake[] = [
    {
      name: "a secret key that is wrong",
      env: () => ({ MINIO_SECRET_KEY: "not-the-secret" }),
      says: [
        /^storage\.minio\.credentials\.static\.secretAccessKey: /,
        "minio bucket",
        "check that it is whole",
      ],
    },
    {
      name: "an access key that nobody knows",
      env: () => ({ MINIO_ACCESS_KEY: "nobodys-key" }),
      says: [
        /^storage\.minio\.credentials\.static\.accessKeyId: /,
        "minio bucket",
        "was mistyped, deleted or disabled",
      ],
    },
    {
      name: "a bucket that does not exist",
      env: () => ({ BUCKET: "no-such-bucket" }),
      says: [/^storage\.minio\.bucket: /, 'minio bucket "no-such-bucket"', "Create the bucket first"],
    },
    {
      name: "an endpoint at which nothing listens",
      env: () => ({ MINIO_ENDPOINT: "http://127.0.0.1:9" }),
      says: [/^storage\.minio\.endpoint: /, "http://127.0.0.1:9", "check the port"],
    },
    {
      name: "an endpoint that is a web server",
      env: () => ({ MINIO_ENDPOINT: web }),
      says: [/^storage\.minio\.endpoint: /, "no S3 server", "give the address of the S3 API"],
    },
    {
      name: "an endpoint that does not answer",
      env: () => ({ MINIO_ENDPOINT: `http://${silent}` }),
      says: [/^storage\.minio\.endpoint: /, "no answer within 10 s", "whether a firewall, VPN or proxy"],
      withinMs: 25_000,
      contact,
    },
    {
      name: "a cluster at whose address nothing listens",
      env: () => ({ EAST_KUBECONFIG: kubeconfigAt("https://127.0.0.1:9") }),
      says: [
        /^clusters\.east\.kubeconfig: /,
        'cluster "east" does not answer at https://127.0.0.1:9',
        "Check its address",
      ],
      withinMs: 25_000,
    },
    {
      name: "a cluster that does not answer",
      env: () => ({ EAST_KUBECONFIG: kubeconfigAt(`https://${silent}`) }),
      says: [
        /^clusters\.east\.kubeconfig: /,
        'cluster "east" does not answer',
        "no answer in time",
        "Check its address",
      ],
      withinMs: 25_000,
      contact,
    },
    {
      name: "a kubeconfig that is none",
      env: () => ({ EAST_KUBECONFIG: "apiVersion: [v1" }),
      says: [
        /^clusters\.east\.kubeconfig: /,
        'cluster "east"',
        "Give the whole content of a kubeconfig file",
      ],
    },
    {
      name: "a token that the cluster does not take",
      env: () => ({
        EAST_KUBECONFIG: sandbox.cluster("east").kubeconfig.replace(/token: .*/, "token: outdated"),
      }),
      says: [/^clusters\.east\.kubeconfig: /, 'cluster "east"', "Renew them"],
    },
    {
      name: "a cluster without Velero",
      program: { clusters: `{ east: { kubeconfig: { env: "BARE_KUBECONFIG" } } }` },
      says: [/^clusters\.east: /, 'cluster "east" does not know Velero\'s kinds', "Install Velero"],
    },
    {
      name: "a namespace of Velero's that does not exist",
      program: { clusters: `{ east: { ...east, namespace: "nowhere" } }` },
      // Who has rights in Velero's own namespace alone is told of rights instead.
      lasting: () => ({ EAST_KUBECONFIG: sandbox.cluster("east").kubeconfig }),
      says: [/^clusters\.east\.namespace: /, 'cluster "east"', "Name the one in which it runs"],
    },
    {
      name: "a namespace to back up that does not exist",
      program: { backup: `includedNamespaces: ["shopp"]` },
      says: [/^includedNamespaces: /, 'cluster "east" has no namespace "shopp"', "Mend the name"],
    },
    {
      name: "a namespace that does not exist, on a schedule",
      program: { backup: `includedNamespaces: ["shopp"], schedule: "@daily"` },
      says: [/^includedNamespaces: /, 'cluster "east" has no namespace "shopp"', "Mend the name"],
    },
  ];

  test.each(refused)(
    "$name: is told in one message, and is mended or destroyed without a rest",
    async (mistake) => {
      const env = { SHOP: shop, ...mistake.lasting?.() };
      const stack = await stackOn(sandbox, programOf(mistake.program), { env });
      await expectRefusal(stack, mistake);
      if ((await objectsIn(sandbox)).length > 0) {
        await expectCleanDestroy(stack);
        await expectRefusal(stack, mistake);
      }
      stack.change(programOf());
      const mended = await stack.up();
      expect(mended.ok, messagesOf(mended)).toBe(true);
      const again = await stack.up({ expectNoChanges: true });
      expect(again.ok, messagesOf(again)).toBe(true);
      const made = (await objectsIn(sandbox)).map((line) => line.split(" ", 2).join(" "));
      expect(made).toEqual(["east secrets", "east backupstoragelocations", "east backups"]);
      await expectCleanDestroy(stack);
    },
  );

  async function expectCleanDestroy(stack: Stack): Promise<void> {
    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(await objectsIn(sandbox)).toEqual([]);
    expect(await litterIn(sandbox, stack.bucket)).toEqual([]);
  }
});

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
