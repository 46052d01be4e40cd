import type { Resolved } from "../../provider/core/secrets.ts";
import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { openAzure } from "../../provider/store/azure.ts";
import { probe } from "../../provider/store/probe.ts";
import type { AzureStorage } from "../../provider/store/storage-config.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { azureWitness } from "./azure-road.ts";
import { expectEach, expectRefusal, within } from "./expect-refusal.ts";
import { closedPort, serve, silentServer, webServer } from "./fronts.ts";
import { describeObjectStore } from "./object-store.ts";

describeOnSandbox("azure", ({ azure }) => {
  if (!azure) throw new Error("the sandbox has no Azure Blob Storage");
  const settings = (container: string): Resolved<AzureStorage> => ({
    storageAccount: azure.account,
    container,
    endpoint: azure.endpoint,
    credentials: { storageAccountKey: azure.key },
  });
  const at = (endpoint: string) => openAzure({ ...settings("container"), endpoint });

  describeObjectStore("the store on Azure's own client", async () => {
    const container = await azure.createContainer("contract");
    return { store: openAzure(settings(container)), witness: azureWitness(azure, container) };
  });

  test("finds out about the container what its rights allow", async () => {
    const store = openAzure(settings(await azure.createContainer()));
    expect(await store.inspect()).toMatchObject({
      region: "unknown",
      versioning: "unknown",
      objectLock: "off",
      retention: "none",
      lifecycle: "unknown",
    });
    await probe(store, "east");
  });

  describe("blames the setting that is wrong", () => {
    test("the container, where there is none", async () => {
      const store = openAzure(settings("nobody-has-this-container"));
      const expected = {
        code: "NoSuchBucket",
        vendorCode: "ContainerNotFound",
        property: "storage.azure.container",
      };
      await expectEach(store, expected, /nobody-has-this-container.*Create the container/);
    });

    test("the account's key", async () => {
      const storageAccountKey = Buffer.from("canary-password").toString("base64");
      const store = openAzure({
        ...settings(await azure.createContainer()),
        credentials: { storageAccountKey },
      });
      const expected = { code: "WrongCredentials", property: "storage.azure.credentials.storageAccountKey" };
      await expectRefusal(
        store.get("key"),
        expected,
        /(AuthenticationFailed|AuthorizationFailure).*access keys/,
      );
    });

    test("the account, which there is not in that cloud", async () => {
      const store = openAzure({
        ...settings("container"),
        endpoint: undefined,
        storageAccount: "nobodyhasthisaccount",
      });
      const expected = { code: "Unreachable", property: "storage.azure.storageAccount" };
      await expectRefusal(store.inspect(), expected, /No such host: check the spelling of storageAccount/);
    });

    test("the endpoint, where nobody listens, within 5 s", async () => {
      const expected = {
        code: "Unreachable",
        vendorCode: "ECONNREFUSED",
        property: "storage.azure.endpoint",
      };
      await within(
        5,
        expectRefusal(at(await closedPort()).inspect(), expected, /nothing listens at that port/),
      );
    });

    test("the endpoint, where it is silent, within 20 s", async () => {
      const expected = { code: "Unreachable", vendorCode: "ETIMEDOUT", property: "storage.azure.endpoint" };
      await within(20, expectRefusal(at(await silentServer()).inspect(), expected, /no answer within 10 s/));
    });

    test.each([200, 403, 404])("the endpoint, where it is a web site that answers %i", async (status) => {
      const expected = { code: "Unreachable", vendorCode: "NotAzure", property: "storage.azure.endpoint" };
      await expectEach(at(await webServer(status)), expected, /not the API of Azure Blob Storage/);
    });

    test.each([
      ["AuthorizationPermissionMismatch", "credentials", /Storage Blob Data Contributor/],
      ["AuthorizationFailure", "storageAccount", /firewall keeps this machine out/],
      ["KeyBasedAuthenticationNotPermitted", "credentials.storageAccountKey", /does not allow access keys/],
    ])("what Azure calls %s", async (code, property, words) => {
      const server = createServer((incoming, outgoing) => {
        incoming.resume();
        const headers = {
          "content-type": "application/xml",
          "x-ms-error-code": code,
          "x-ms-request-id": "1",
        };
        outgoing
          .writeHead(403, headers)
          .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>No.</Message></Error>`);
      });
      const store = at(`http://127.0.0.1:${await serve(server)}`);
      const expected = { code: "Forbidden", vendorCode: code, property: `storage.azure.${property}` };
      await expectRefusal(store.put("key", "content"), expected, words);
    });
  });
});
