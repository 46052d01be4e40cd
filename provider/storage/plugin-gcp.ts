import type { PluginConfig } from "./plugin-config.ts";
import { serviceAccountKey, UNIVERSE } from "./service-account-key.ts";
import type { GcpStorage } from "./storage-config.ts";

export function gcpPlugin({ bucket, endpoint, kmsKeyName, credentials }: GcpStorage<string>): PluginConfig {
  const config = {
    ...(kmsKeyName && { kmsKeyName }),
    // Google's client for Go wants the path of the JSON API, too.
    ...(endpoint && { storeEndpoint: `${endpoint.replace(/\/$/, "")}/storage/v1/` }),
  };
  if ("serviceAccountKey" in credentials) {
    const { json, universe } = serviceAccountKey(credentials.serviceAccountKey);
    return {
      provider: "gcp",
      bucket,
      config: { ...config, ...(universe !== UNIVERSE && { universeDomain: universe }) },
      credentialFile: json,
    };
  }
  if ("workloadIdentity" in credentials) {
    // Without a key of its own the plugin signs URLs as this account, and refuses to start without a name.
    const { serviceAccountEmail } = credentials.workloadIdentity;
    return { provider: "gcp", bucket, config: { ...config, serviceAccount: serviceAccountEmail } };
  }
  throw new Error(`unknown kind of credentials: ${Object.keys(credentials satisfies never).join(", ")}`);
}
