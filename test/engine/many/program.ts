/** A program of exactly `count` resources of ours, in which all credentials are references. */
export const programOf = (count: number): string => `
const velero = require("pulumi-velero");
const reference = (env) => ({ env });
const storage = {
  minio: {
    bucket: "backups", endpoint: "https://minio.example.com:9000",
    credentials: { static: { accessKeyId: reference("MINIO_KEY"), secretAccessKey: reference("MINIO_SECRET") } },
  },
};
const clusters = ["north", "east", "south", "west"];
const location = new velero.BackupLocation("primary", {
  storage,
  clusters: Object.fromEntries(clusters.map((key) => [key, { kubeconfig: reference("A_KUBECONFIG") }])),
});
for (let number = 0; number < ${count - 5}; number++) {
  const settings = number % 2 ? { schedule: "CRON_TZ=Europe/Berlin 0 2 * * *", runNow: true } : {};
  new velero.ClusterBackup("backup-" + number, {
    location, cluster: clusters[number % 4], includedNamespaces: ["shop", "billing"], ttl: "720h", ...settings,
  });
}
`;

/** Where its references lead to. */
export const manyEnv = {
  MINIO_KEY: "access-key-of-many",
  MINIO_SECRET: "secret-key-of-many",
  A_KUBECONFIG: `
apiVersion: v1
kind: Config
clusters: [{ name: nowhere, cluster: { server: "https://127.0.0.1:46443" } }]
users: [{ name: nobody, user: { token: token-of-many } }]
contexts: [{ name: nowhere, context: { cluster: nowhere, user: nobody } }]
current-context: nowhere
`,
};
