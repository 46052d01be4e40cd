import type { LifecycleExpiration, LifecycleRule as S3LifecycleRule, Tag } from "@aws-sdk/client-s3";
import type { Dialect } from "./request-store.ts";
import { s3VerdictOn } from "./s3-failures.ts";
import type { LifecycleRule } from "../../model/store-facts.ts";
import type { AwsStorage } from "./storage-config.ts";
import type { StoreFailure } from "./store-error.ts";

/** Interprets S3's failures, for any package. */
export const s3Dialect: Omit<Dialect, "failureOf"> = {
  verdictOn: s3VerdictOn,
  isAbsent: ({ code }) => code === "NoSuchKey",
  isTaken: ({ code }) => code === "PreconditionFailed",
  isUnset: ({ code }) =>
    code === "ObjectLockConfigurationNotFoundError" ||
    code === "NoSuchLifecycleConfiguration" ||
    code === "ServerSideEncryptionConfigurationNotFoundError",
  isHidden: ({ code, status }) => code === "AccessDenied" || code === "NotImplemented" || status === 405,
};

/**
 * Reads the failure of one object. MinIO reports even wrong keys and regions per object, in a response with status 200.
 */
export function refusedDeletion(key: string, refusal: StoreFailure): StoreFailure {
  const said = unescaped(`${key}: ${refusal.said}`);
  return { ...refusal, said, region: regionIn({}, said) };
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
}

/** Returns true if the response is a web page: a console, a login form or a proxy. S3 servers send a request id. */
export function isWebPage({ headers }: HttpAnswer): boolean {
  return (
    /^text\/html/i.test(String(headers["content-type"] ?? "")) && headers["x-amz-request-id"] === undefined
  );
}

/** After these statuses, a server (or a proxy in front of it) may recover within a moment. */
const passing = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

/** Reads the failure of a response that is no success. The vendor's package reads all other responses. */
export function failureIn(answer: HttpAnswer, body: string): StoreFailure {
  const { status, headers } = answer;
  const element = (name: string) => textOf(body, name);
  const code = element("Code") ?? headers["x-minio-error-code"];
  if (typeof code === "string" && (/<Error>/.test(body) || headers["x-minio-error-code"] !== undefined)) {
    const said = element("Message") ?? String(headers["x-minio-error-desc"] ?? code);
    return { code, said, status, region: element("Region") || regionIn(headers, said) };
  }
  const words = body
    .replace(/<(script|style|head)[\s\S]*?<\/\1>|<[^>]*>/gi, " ")
    .replace(/\s+/g, " ")
    .trim();
  const said = [`HTTP ${status}`, words.slice(0, 200)].filter(Boolean).join(": ");
  if (/HTTP request to an HTTPS server/i.test(body)) return { code: "HttpToHttps", said, status };
  if (passing.has(status) || headers["x-amz-request-id"] !== undefined) {
    return { code: `Http${status}`, said, status, region: regionIn(headers, said) };
  }
  return { code: "NotS3", said, status };
}

/**
 * Returns the bucket's region. AWS has a header for it. MinIO and AWS also say "the region is wrong; expecting
 * 'eu-west-1'".
 */
export function regionIn(headers: HttpAnswer["headers"], said: string): string | undefined {
  const header = headers["x-amz-bucket-region"];
  return typeof header === "string" ? header : /expecting '([a-z0-9-]+)'/.exec(said)?.[1];
}

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Replaces XML's escapes. MinIO writes apostrophes as `&#39;`. */
export function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, decimal?: string, name: string = "") =>
    decimal === undefined ? (entities[name] ?? whole) : String.fromCodePoint(Number(decimal)),
  );
}

function textOf(xml: string, element: string): string | undefined {
  const text = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];
  return text === undefined ? undefined : unescaped(text);
}

interface OurObjects {
  /** The tags of Velero's objects. */
  tags?: Record<string, string> | undefined;
  /** Storage classes whose objects must be restored before they can be read. */
  archives: readonly string[];
}

/** Returns the active rules that match live objects such as Velero's. */
export function lifecycleIn(
  rules: S3LifecycleRule[] = [],
  { tags = {}, archives }: OurObjects,
): LifecycleRule[] {
  return rules
    .filter(({ Status, Filter }) => Status === "Enabled" && tagsOf(Filter).every(isOn(tags)))
    .flatMap((rule) => {
      const about = {
        ...(rule.ID !== undefined && { name: rule.ID }),
        // Rules of the first version of the API have the prefix in the rule itself.
        prefix: rule.Filter?.And?.Prefix ?? rule.Filter?.Prefix ?? rule.Prefix ?? "",
      };
      const archived = (rule.Transitions ?? []).filter(({ StorageClass = "" }) =>
        archives.includes(StorageClass),
      );
      return [
        ...archived.map((transition) => ({ ...about, does: "archives" as const, ...whenOf(transition) })),
        // An Expiration without a time only removes delete markers.
        ...(rule.Expiration && Object.keys(whenOf(rule.Expiration)).length > 0
          ? [{ ...about, does: "deletes" as const, ...whenOf(rule.Expiration) }]
          : []),
      ];
    });
}

const whenOf = ({ Days, Date: date }: LifecycleExpiration): Pick<LifecycleRule, "days" | "on"> => ({
  ...(Days !== undefined && { days: Days }),
  ...(date !== undefined && { on: date.toISOString().slice(0, 10) }),
});

const tagsOf = (filter: S3LifecycleRule["Filter"]): Tag[] => [
  ...(filter?.Tag ? [filter.Tag] : []),
  ...(filter?.And?.Tags ?? []),
];

const isOn =
  (tags: Record<string, string>) =>
  ({ Key = "", Value }: Tag): boolean =>
    tags[Key] === Value;

/**
 * Returns the checksum of the plugin's uploads. It is empty for none. With an endpoint, the plugin sends none unless
 * the program declares one: many stores refuse the plugin's default (vmware-tanzu/velero#8203, #7543).
 */
export const checksumOf = ({
  checksumAlgorithm,
  endpoint,
}: Pick<AwsStorage, "checksumAlgorithm" | "endpoint">): NonNullable<AwsStorage["checksumAlgorithm"]> =>
  checksumAlgorithm ?? (endpoint === undefined ? "CRC32" : "");
