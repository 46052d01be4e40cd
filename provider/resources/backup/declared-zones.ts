import { type Zone, zoneClock } from "../../lifecycle/zone-clock.ts";
import { isOlder } from "../../velero/version.ts";
import { serverContainer, type ServerDeployment } from "../server-deployment.ts";

/**
 * The time zones in which Velero's server runs by its Deployment, as Go reads `TZ` (Go's time/zoneinfo_unix.go,
 * initLocal). Empty where the Deployment leaves that open. Velero's own images set no time zone.
 */
export function declaredZones(deployment: ServerDeployment): readonly Zone[] {
  const container = serverContainer(deployment);
  if (!container) return [];
  // Of several variables of one name the last is in force, and `env` comes before `envFrom`.
  const variable = container.env?.findLast(({ name }) => name === "TZ");
  if (!variable) {
    const hidden = (container.envFrom ?? []).length > 0 || container.volumeMounts?.some(holdsLocalTime);
    return hidden ? [] : ["UTC"];
  }
  const { value = "", valueFrom } = variable;
  if (valueFrom || value.includes("$(")) return [];
  const zone = value.replace(/^:/, "").replace(/^\/usr\/share\/zoneinfo\//, "");
  if (zone === "" || zone === "UTC") return ["UTC"];
  if (!zoneClock(zone)) return [];
  return hasZones(container.image) ? [zone] : [zone, "UTC"];
}

const holdsLocalTime = ({ mountPath }: { mountPath: string }): boolean =>
  /^\/etc(\/localtime)?\/?$/.test(mountPath);

/** A server whose image has no time zones runs in UTC. Velero's own have none before 1.18.1 (Velero issue 9519). */
function hasZones(image = ""): boolean {
  const [, version] = /:(v?\d+\.\d+\.\d+[^@]*)(@|$)/.exec(image) ?? [];
  return version !== undefined && !isOlder(version, "1.18.1");
}
