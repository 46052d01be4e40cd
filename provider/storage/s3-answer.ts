import type { StoreFailure } from "./store-failure.ts";

export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
}

/** Whether a web page was answered: a console, a login form, a proxy. S3 servers name their request. */
export function isWebPage({ headers }: HttpAnswer): boolean {
  return (
    /^text\/html/i.test(String(headers["content-type"] ?? "")) && headers["x-amz-request-id"] === undefined
  );
}

/** Statuses behind which a server (or a proxy in front of it) may be well again a moment later. */
const passing = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

/** What an answer that is not a success says. Reads errors only; everything else is left to the vendor's package. */
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

/** AWS has a header for it; MinIO and AWS both say "the region is wrong; expecting 'eu-west-1'". */
export function regionIn(headers: HttpAnswer["headers"], said: string): string | undefined {
  const header = headers["x-amz-bucket-region"];
  return typeof header === "string" ? header : /expecting '([a-z0-9-]+)'/.exec(said)?.[1];
}

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** XML's escapes undone; the minio package leaves the numeric ones. */
export function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, decimal?: string, name: string = "") =>
    decimal === undefined ? (entities[name] ?? whole) : String.fromCodePoint(Number(decimal)),
  );
}

function textOf(xml: string, element: string): string | undefined {
  const text = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];
  return text === undefined ? undefined : unescaped(text);
}
