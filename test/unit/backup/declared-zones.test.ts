import { expect, test } from "vitest";
import { declaredZones } from "../../../provider/resources/backup/declared-zones.ts";
import type { ServerContainer } from "../../../provider/resources/server-deployment.ts";

const NEW = "velero/velero:v1.18.3";

const declared = (container: Partial<ServerContainer>, name = "velero") =>
  declaredZones({
    metadata: { name: "velero" },
    spec: { template: { spec: { containers: [{ name: "sidecar" }, { name, image: NEW, ...container }] } } },
  });
const byValue = (value: string, image = NEW) => declared({ image, env: [{ name: "TZ", value }] });

test.each<[string, Partial<ServerContainer>, (string | number)[]]>([
  ["sets nothing", {}, ["UTC"]],
  ["sets other things", { env: [{ name: "LD_LIBRARY_PATH", value: "/plugins" }] }, ["UTC"]],
  ["sets a zone", { env: [{ name: "TZ", value: "Asia/Tokyo" }] }, ["Asia/Tokyo"]],
  [
    "sets a zone and has the node's",
    { env: [{ name: "TZ", value: "Asia/Tokyo" }], volumeMounts: [{ mountPath: "/etc/localtime" }] },
    ["Asia/Tokyo"],
  ],
  [
    "sets a zone, and more by reference",
    { env: [{ name: "TZ", value: "Asia/Tokyo" }], envFrom: [{ configMapRef: { name: "more" } }] },
    ["Asia/Tokyo"],
  ],
  [
    "sets it twice",
    {
      env: [
        { name: "TZ", value: "Asia/Tokyo" },
        { name: "TZ", value: "Asia/Seoul" },
      ],
    },
    ["Asia/Seoul"],
  ],
  [
    "sets it by reference",
    { env: [{ name: "TZ", valueFrom: { configMapKeyRef: { name: "zone", key: "tz" } } }] },
    [],
  ],
  ["sets it by another variable", { env: [{ name: "TZ", value: "$(ZONE)" }] }, []],
  ["may set it by reference", { envFrom: [{ configMapRef: { name: "more" } }] }, []],
  ["has the node's", { volumeMounts: [{ mountPath: "/plugins" }, { mountPath: "/etc/localtime" }] }, []],
  ["has the node's folder", { volumeMounts: [{ mountPath: "/etc/" }] }, []],
  ["has credentials", { volumeMounts: [{ mountPath: "/etc/ssl" }] }, ["UTC"]],
])("A Deployment that %s", (_what, container, zones) => {
  expect(declared(container)).toEqual(zones);
});

test.each<[string, (string | number)[]]>([
  ["", ["UTC"]],
  ["UTC", ["UTC"]],
  [":Europe/Berlin", ["Europe/Berlin"]],
  ["/usr/share/zoneinfo/Europe/Berlin", ["Europe/Berlin"]],
  ["EST5EDT", ["EST5EDT"]],
  ["Etc/GMT-9", ["Etc/GMT-9"]],
  ["JST-9", []],
  ["/etc/localtime", []],
  ["europe/berlin", []],
])("TZ=%s", (value, zones) => {
  expect(byValue(value)).toEqual(zones);
});

test.each([
  ["velero/velero:v1.18.0", false],
  ["velero/velero:v1.14.1@sha256:0123", false],
  ["velero/velero@sha256:0123", false],
  ["registry.example.com:5000/velero", false],
  ["registry.example.com:5000/velero:main", false],
  ["velero/velero:v1.18.1", true],
  ["registry.example.com:5000/velero/velero:1.19.0-rc.1@sha256:0123", true],
])("An image %s is known to have time zones: %s", (image, has) => {
  expect(byValue("Asia/Tokyo", image)).toEqual(has ? ["Asia/Tokyo"] : ["Asia/Tokyo", "UTC"]);
});

test("A Deployment that runs something else says nothing", () => {
  expect(declared({}, "other")).toEqual([]);
  expect(declaredZones({ metadata: { name: "velero" } })).toEqual([]);
});
