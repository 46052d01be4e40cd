import type { MistakeRow } from "./row.ts";

const credentials = "storage.minio.credentials";
const ourSecret = (name: string, key: string): string =>
  `minio({ credentials: { existingSecret: { name: ${name}, key: "${key}" } } })`;
const withKeys = "access: { credentials: { static: keys } },";
const k8sProvider = `const k8s = require("@pulumi/kubernetes"); const provider = new k8s.Provider("east", {});`;

/** Ways of the program's own, Secrets that should be there, and k8s.Providers. */
export const ways: MistakeRow[] = [
  {
    title: "what the pod has for MinIO, and no way of the program's own",
    ends: "refused",
    program: { storage: "minio({ credentials: { ambient: {} } })" },
    property: credentials,
    says: ["are in the cluster only", 'access: "none"'],
  },
  {
    title: "a profile of AWS's for MinIO",
    ends: "refused",
    program: { location: `access: { profile: "backups" },` },
    property: "access.profile",
    says: ["the store is none of AWS's"],
  },
  {
    title: "a profile and keys for the program",
    ends: "refused",
    program: {
      storage: "aws()",
      location: `access: { profile: "backups", credentials: { static: keys } },`,
    },
    property: "access",
    says: ["has both a `profile` and `credentials`"],
  },
  {
    title: "a bad word for the program's way",
    ends: "refused",
    program: { location: `access: "never",` },
    property: "access",
    says: ['must be "none"'],
  },
  {
    title: "a Secret that is not in the cluster",
    ends: "up",
    why: "the same up may make it",
    program: { storage: ourSecret(`"nobody-made-this"`, "file"), location: withKeys },
    property: `${credentials}.existingSecret`,
    says: ['there is no Secret velero/nobody-made-this in cluster "east"', "a whole credential file"],
  },
  {
    title: "a Secret that has no such key",
    ends: "up",
    why: "the same up may put it there",
    program: { storage: ourSecret("process.env.OUR_SECRET", "cloud"), location: withKeys },
    property: `${credentials}.existingSecret`,
    says: ['has no key "cloud", but file'],
  },
  {
    title: "a k8s.Provider and a kubeconfig",
    ends: "refused",
    program: { before: k8sProvider, clusters: "{ east: { ...east, provider } }" },
    property: "clusters",
    says: ["has both `provider` and `kubeconfig`"],
  },
];
