import { brotliCompressSync, constants } from "node:zlib";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import {
  minimizeKubeconfig,
  PackedKubeconfigs,
} from "../../../../provider/kubernetes/kubeconfig/load-kubeconfig.ts";

const packing = new PackedKubeconfigs();

const base64 = (value: string | Buffer): string => Buffer.from(value).toString("base64");
const pem = (kind: string, bytes: number): string =>
  `-----BEGIN ${kind}-----\n${base64(randomBytes(bytes)).replace(/.{64}/g, "$&\n")}\n-----END ${kind}-----\n`;

/** As kubeadm writes it: three texts of RSA, in base64. */
const administrator = () =>
  minimizeKubeconfig(
    JSON.stringify({
      clusters: [
        {
          name: "east",
          cluster: {
            server: "https://east:6443",
            "certificate-authority-data": base64(pem("CERTIFICATE", 770)),
          },
        },
      ],
      users: [
        {
          name: "admin",
          user: {
            "client-certificate-data": base64(pem("CERTIFICATE", 830)),
            "client-key-data": base64(pem("RSA PRIVATE KEY", 1190)),
          },
        },
      ],
      contexts: [{ name: "admin@east", context: { cluster: "east", user: "admin" } }],
      "current-context": "admin@east",
    }),
  );

test("a quarter of its length is saved, and its content comes back to the letter", async () => {
  const content = await administrator();
  const packed = packing.pack(content);
  expect(packed.length).toBeLessThan(content.length * 0.75);
  expect(packing.unpack(packed)).toBe(content);
});

test("what state has stays as it is, however this Node compresses", async () => {
  const content = await administrator();
  const elsewhere = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
  const stored = `kubeconfig-packed:${base64(elsewhere)}`;
  expect(packing.unpack(stored)).toBe(content);
  expect(packing.pack(content)).toBe(stored);
});

test.each([
  ["a path", "/home/someone/.kube/config"],
  ["what does not parse", "{"],
  ["YAML, which no minimized one is", "apiVersion: v1\nkind: Config\n"],
  ["JSON of another form", '{"b": 1, "a": 2}'],
])("%s stays as it is", (_what, text) => {
  expect(packing.pack(text)).toBe(text);
  expect(packing.unpack(text)).toBe(text);
});

test("data that is no certificate and no key stays what it is", async () => {
  const content = JSON.stringify({
    "certificate-authority-data": "bm90IGEgY2VydGlmaWNhdGU=",
    "x-data": "no base64",
  });
  expect(packing.unpack(packing.pack(content))).toBe(content);
});
