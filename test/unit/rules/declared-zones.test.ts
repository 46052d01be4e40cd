import { expect, test } from "vitest";
import { declaredZones } from "../../../provider/rules/time-zones.ts";
import type { ServerContainer } from "../../../provider/velero/server.ts";

const NEW = "velero/velero:v1.18.3";

const declared = (container: Partial<ServerContainer>, name = "velero") =>
  declaredZones({
    metadata: { name: "velero" },
    spec: { template: { spec: { containers: [{ name: "sidecar" }, { name, image: NEW, ...container }] } } },
  });
const tz = (...values: string[]) => ({ env: values.map((value) => ({ name: "TZ", value })) });
const byReference = { name: "TZ", valueFrom: { configMapKeyRef: { name: "zone", key: "tz" } } };
const more = { envFrom: [{ configMapRef: { name: "more" } }] };
const mounts = (...paths: string[]) => ({ volumeMounts: paths.map((mountPath) => ({ mountPath })) });
const TOKYO = tz("Asia/Tokyo");

test.each<[string, Partial<ServerContainer>, (string | number)[]]>([
  ["sets nothing", {}, ["UTC"]],
  ["sets other things", { env: [{ name: "LD_LIBRARY_PATH", value: "/plugins" }] }, ["UTC"]],
  ["sets a zone", TOKYO, ["Asia/Tokyo"]],
  ["sets a zone and has the node's", { ...TOKYO, ...mounts("/etc/localtime") }, ["Asia/Tokyo"]],
  ["sets a zone, and more by reference", { ...TOKYO, ...more }, ["Asia/Tokyo"]],
  ["sets it twice", tz("Asia/Tokyo", "Asia/Seoul"), ["Asia/Seoul"]],
  ["sets it by reference", { env: [byReference] }, []],
  ["sets it by another variable", tz("$(ZONE)"), []],
  ["may set it by reference", more, []],
  ["has the node's", mounts("/plugins", "/etc/localtime"), []],
  ["has the node's folder", mounts("/etc/"), []],
  ["has credentials", mounts("/etc/ssl"), ["UTC"]],
  ["sets an empty one", tz(""), ["UTC"]],
  ["names UTC", tz("UTC"), ["UTC"]],
  ["names a zone with a colon", tz(":Europe/Berlin"), ["Europe/Berlin"]],
  ["names a zone's file", tz("/usr/share/zoneinfo/Europe/Berlin"), ["Europe/Berlin"]],
  ["names an old zone", tz("EST5EDT"), ["EST5EDT"]],
  ["names an offset that is a zone", tz("Etc/GMT-9"), ["Etc/GMT-9"]],
  ["names an offset that is none", tz("JST-9"), []],
  ["names the node's file", tz("/etc/localtime"), []],
  ["names a zone in small letters", tz("europe/berlin"), []],
])("A Deployment that %s", (_what, container, zones) => {
  expect(declared(container)).toEqual(zones);
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
  expect(declared({ ...TOKYO, image })).toEqual(has ? ["Asia/Tokyo"] : ["Asia/Tokyo", "UTC"]);
});

test("A Deployment that runs something else says nothing", () => {
  expect(declared({}, "other")).toEqual([]);
  expect(declaredZones({ metadata: { name: "velero" } })).toEqual([]);
});
