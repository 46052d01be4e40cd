/** Velero's own plugins, by the provider that a BackupStorageLocation names. */
const images: Record<string, string> = {
  aws: "velero/velero-plugin-for-aws",
  gcp: "velero/velero-plugin-for-gcp",
  azure: "velero/velero-plugin-for-microsoft-azure",
};

/** Whether Velero says that it has no plugin for the location; nothing but its restart changes that. */
export const isPluginMissing = (message: string | undefined): boolean =>
  /unable to locate ObjectStore plugin/i.test(message ?? "");

/** The image that holds the provider's plugin. */
export const pluginImage = (provider: string): string => images[provider] ?? `the plugin for ${provider}`;
