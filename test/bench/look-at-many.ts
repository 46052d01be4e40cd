/** One look of a Restore at many objects, in a process of its own: figures as JSON on stdout. */
import { createRequire } from "node:module";
import type { RestoreOptions } from "../../provider/velero/restore-option-entries.ts";

// As it is published: the bench has built it.
const load = createRequire(new URL("../../dist/provider/", import.meta.url));
const { connect } = load("./kubernetes/client.js") as typeof import("../../provider/kubernetes/client.ts");
const { clusterLabel } = load(
  "./kubernetes/connection.js",
) as typeof import("../../provider/kubernetes/connection.ts");
const { examine } = load(
  "./kinds/restore/examine.js",
) as typeof import("../../provider/kinds/restore/examine.ts");
const { verify } = load(
  "./restore-model/verify.js",
) as typeof import("../../provider/restore-model/verify.ts");
const { openMinio } = load("./store/minio.js") as typeof import("../../provider/store/minio.ts");
const { Session } = load("./session.js") as typeof import("../../provider/session.ts");

const [, , url = "", phase = ""] = process.argv;
const kubeconfig = JSON.stringify({
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "many", cluster: { server: url } }],
  users: [{ name: "many", user: { token: "none" } }],
  contexts: [{ name: "many", context: { cluster: "many", user: "many" } }],
  "current-context": "many",
});
const client = await connect(new Session(), { kubeconfig }, clusterLabel("many"));
const keys = { static: { accessKeyId: "key", secretAccessKey: "secret" } };
const store = openMinio({ bucket: "bucket", endpoint: url, credentials: keys });
const options: RestoreOptions = phase === "planToUpdate" ? { existingResourcePolicy: "update" } : {};

const begun = performance.now();
const place = { store, storePrefix: "east", backupName: "many", veleroNamespace: "velero" };
const examined = await examine(client, place, options, { compares: phase === "verify" });
const counted =
  phase === "verify"
    ? { verified: verify(examined.items, examined.target, options, { place: "it" }) }
    : examined.plan;
const seconds = Math.round((performance.now() - begun) / 100) / 10;
const peakMb = Math.round(process.resourceUsage().maxRSS / 1_024);
process.stdout.write(JSON.stringify({ seconds, peakMb, counted }));
client.close();
process.exit(0);
