import type { PluginConfig } from "./plugin-config.ts";
import { serviceAccountKey, UNIVERSE } from "./service-account-key.ts";
import type { GcpStorage } from "./storage-config.ts";

export function gcpPlugin(
  { bucket, endpoint, kmsKeyName, credentials }: GcpStorage<string>,
  existingFile = "",
): PluginConfig {
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
  if ("ambient" in credentials) {
    const { serviceAccountEmail } = credentials.ambient;
    const account = serviceAccountEmail && { serviceAccount: serviceAccountEmail };
    return { provider: "gcp", bucket, config: { ...config, ...account } };
  }
  if ("existingSecret" in credentials) {
    const universe = universeIn(existingFile);
    return { provider: "gcp", bucket, config: { ...config, ...(universe && { universeDomain: universe }) } };
  }
  throw new Error(`unknown kind of credentials: ${Object.keys(credentials satisfies never).join(", ")}`);
}

/** Of a partner's cloud: of Google's own there is nothing to say. What is no JSON is for Velero to complain about. */
function universeIn(file: string): string | undefined {
  try {
    const { universe_domain } = JSON.parse(file) as { universe_domain?: unknown };
    return typeof universe_domain === "string" && universe_domain !== UNIVERSE ? universe_domain : undefined;
  } catch {
    return undefined;
  }
}
