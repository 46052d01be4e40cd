/** Of the eleven clusters beside the one that is used, what nobody else's state may show. */
export const marksOfOthers = [...Array.from({ length: 11 }).keys()].flatMap((each) => [
  `other-${each}.example.com`,
  `token-of-other-${each}`,
  `authority of other ${each}`,
]);

interface Own {
  /** The kubeconfig in which the used cluster stands alone. */
  kubeconfig: string;
  /** Its user, in place of that kubeconfig's token. */
  user?: object;
}

/** A company's kubeconfig in JSON: the context `east`, and eleven others beside it. */
export function companyKubeconfig({ kubeconfig, user }: Own): string {
  const field = (name: string) => new RegExp(`${name}: (\\S+)`).exec(kubeconfig)?.[1] ?? "";
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  // The sandbox also trusts its server's own certificate, as no kubeconfig in the field does.
  const authority = Buffer.from(field("authority-data"), "base64")
    .toString()
    .replace(/^.*(?=-----BEGIN)/s, "");
  const others = [...Array.from({ length: 11 }).keys()];
  const cluster = (server: string, data: string) => ({ server, "certificate-authority-data": base64(data) });
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "east", cluster: cluster(field("server"), authority) },
      ...others.map((each) => ({
        name: `other-${each}`,
        cluster: cluster(`https://other-${each}.example.com`, `authority of other ${each} `.repeat(40)),
      })),
    ],
    users: [
      { name: "east", user: user ?? { token: field("token") } },
      ...others.map((each) => ({ name: `other-${each}`, user: { token: `token-of-other-${each}` } })),
    ],
    contexts: ["east", ...others.map((each) => `other-${each}`)].map((name) => ({
      name,
      context: { cluster: name, user: name },
    })),
    "current-context": "other-0",
  });
}
