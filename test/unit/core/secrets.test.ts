import fc from "fast-check";
import { expect, test } from "vitest";
import { Secrets } from "../../../provider/core/secrets.ts";

const secrets = new Secrets();
const secret = fc.stringMatching(/^[A-Za-z0-9/+=_!.-]{16,48}$/);
const around = fc.string({ maxLength: 12 });

test("a secret is found raw and URL-encoded at any position", () => {
  fc.assert(
    fc.property(around, secret, around, (before, value, after) => {
      secrets.learn(value);
      expect(secrets.redact(before + value + after)).not.toContain(value);
      expect(secrets.redact(`?key=${encodeURIComponent(before + value + after)}`)).not.toContain(
        encodeURIComponent(value),
      );
    }),
  );
});

test("a secret is found in base64 at any position in a longer text, in both alphabets", () => {
  fc.assert(
    fc.property(
      around,
      secret,
      around,
      fc.constantFrom("base64", "base64url"),
      (before, value, after, alphabet) => {
        secrets.learn(value);
        const redacted = secrets.redact(`cloud: ${Buffer.from(before + value + after).toString(alphabet)}`);
        expect(redacted).toContain("[secret]");
        // What may be left of it are the two characters at its ends, which hold bits of its neighbours.
        const left = Buffer.from(
          redacted.slice("cloud: ".length).replaceAll("[secret]", ""),
          "base64",
        ).toString("latin1");
        expect(left).not.toContain(value.slice(2, -2));
      },
    ),
  );
});

test("a secret that holds another goes as a whole", () => {
  secrets.learn("inner-secret");
  secrets.learn("outer-inner-secret-outer");
  expect(secrets.redact("outer-inner-secret-outer")).toBe("[secret]");
});

test("short values do not blank out ordinary words", () => {
  secrets.learn("minio");
  expect(secrets.redact("minio bucket")).toBe("minio bucket");
});

test("a broken pair of surrogates is a secret like any other", () => {
  secrets.learn("broken-\ud800-half");
  expect(secrets.redact("it was broken-\ud800-half")).toBe("it was [secret]");
});

test.each([
  [
    "YAML",
    "clusters:\n- name: a\nusers:\n- user:\n    token: canary-token-1\n    password: 'canary-password-1'\n",
    1,
  ],
  [
    "JSON",
    JSON.stringify({
      clusters: [],
      users: [{ user: { token: "canary-token-2", password: "canary-password-2" } }],
    }),
    2,
  ],
])("of a kubeconfig in %s the tokens and passwords are known one by one", (_form, kubeconfig, number) => {
  secrets.learn(kubeconfig);
  expect(secrets.redact(`Unauthorized: canary-token-${number}, canary-password-${number}`)).toBe(
    "Unauthorized: [secret], [secret]",
  );
});
