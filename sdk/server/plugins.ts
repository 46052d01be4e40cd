import type { PluginArgs, ServerStore } from "../velero-server-args.ts";

/** Velero's plugins for the stores, each in the version for {@link VELERO_VERSION}. */
const PLUGINS: Record<ServerStore, PluginArgs> = {
  aws: { name: "velero-plugin-for-aws", image: "velero/velero-plugin-for-aws:v1.14.3" },
  // MinIO has the API of S3.
  minio: { name: "velero-plugin-for-aws", image: "velero/velero-plugin-for-aws:v1.14.3" },
  gcp: { name: "velero-plugin-for-gcp", image: "velero/velero-plugin-for-gcp:v1.14.3" },
  azure: {
    name: "velero-plugin-for-microsoft-azure",
    image: "velero/velero-plugin-for-microsoft-azure:v1.14.3",
  },
};

/** The tag of the server's image. */
export const VELERO_VERSION = "v1.18.3";

export const storeNames = Object.keys(PLUGINS) as ServerStore[];

/** Returns the plugins of the stores, and `others`, which replace plugins with the same name. */
export function pluginsOf(stores: readonly ServerStore[], others: readonly PluginArgs[]): PluginArgs[] {
  const all = [...stores.map((store) => PLUGINS[store]), ...others];
  return [...new Map(all.map((plugin) => [plugin.name, plugin])).values()];
}
