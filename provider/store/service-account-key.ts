import { StoreError } from "./store-error.ts";

/** A key file of Google, and the fields that we use. */
export interface ServiceAccountKey {
  /** The content of the file. */
  json: string;
  email: string;
  privateKey: string;
  /** The cloud: Google's public one, or a partner's. */
  universe: string;
  tokenUri: string | undefined;
}

export const UNIVERSE = "googleapis.com";
const PROPERTY = "storage.gcp.credentials.serviceAccountKey";

/** Reads a key in JSON, or in base64 of it: `gcp.serviceaccount.Key` has the latter as `privateKey`. */
export function serviceAccountKey(content: string): ServiceAccountKey {
  const json = content.trim().startsWith("{")
    ? content.trim()
    : Buffer.from(content, "base64").toString("utf8").trim();
  const { type, client_email, private_key, universe_domain, token_uri } = fieldsOf(json);
  if (type !== undefined && type !== "service_account") {
    throw refusal(
      "is no service account's key, but of another type",
      "Create a key of a service account (gcloud iam service-accounts keys create), or use workloadIdentity.",
    );
  }
  if (typeof client_email !== "string" || typeof private_key !== "string") {
    throw refusal(
      "is no service account's key: client_email and private_key are missing",
      "Give the whole JSON file that Google hands out, or base64 of it.",
    );
  }
  return {
    json,
    email: client_email,
    privateKey: private_key,
    universe: typeof universe_domain === "string" ? universe_domain : UNIVERSE,
    tokenUri: typeof token_uri === "string" ? token_uri : undefined,
  };
}

function fieldsOf(json: string): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(json);
    if (typeof fields === "object" && fields !== null) return fields as Record<string, unknown>;
  } catch {
    // The parser's message would contain a part of the key.
  }
  throw refusal(
    "is neither JSON nor base64 of JSON",
    "Give the whole JSON file that Google hands out, or base64 of it; a path to it is given as { file }.",
  );
}

const refusal = (what: string, todo: string) =>
  new StoreError({ code: "WrongCredentials", vendorCode: "BadSetting", property: PROPERTY, what, todo });
