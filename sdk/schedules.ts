/** The time of a preset. */
export interface PresetOptions {
  /**
   * Time of day, `HH:MM` from `00:00` to `23:59`.
   *
   * @default `00:00`
   */
  at?: `${number}:${number}`;
  /**
   * IANA name of the time zone of `at`: `Europe/Berlin`, `UTC` (Velero 1.15).
   *
   * @default none: the time zone of Velero's server, usually UTC
   */
  timezone?: string;
}

/** The time of {@link schedules.hourly}. */
export interface HourlyOptions {
  /**
   * Minute of the hour, from `:00` to `:59`.
   *
   * @default `:00`
   */
  at?: `:${number}`;
  /**
   * IANA name of the time zone of `at`. Some zones differ by half an hour.
   *
   * @default the time zone of Velero's server
   */
  timezone?: string;
}

/**
 * Named schedules, for the `schedule` of a backup. Each returns the text that Velero reads. An invalid time or time
 * zone throws at once.
 *
 * These are the presets of Spectro Cloud Palette, and three more. Palette's "never" is `paused: true` on the backup.
 *
 * @example
 * ```ts
 * new velero.ClusterBackup("nightly", {
 *   location,
 *   cluster: "east",
 *   schedule: velero.schedules.daily({ at: "02:00", timezone: "Europe/Berlin" }),
 * });
 * ```
 */
export const schedules = {
  /**
   * Every hour, at minute 0 unless `at` is given.
   *
   * @example
   * ```ts
   * velero.schedules.hourly({ at: ":15" }); // "15 * * * *"
   * ```
   */
  hourly({ at = ":00", timezone }: HourlyOptions = {}): string {
    return inZone("hourly", timezone, `${minuteOf(at)} * * * *`);
  },

  /**
   * Every day, at midnight unless `at` is given.
   *
   * @example
   * ```ts
   * velero.schedules.daily({ at: "02:00", timezone: "Europe/Berlin" }); // "CRON_TZ=Europe/Berlin 0 2 * * *"
   * ```
   */
  daily(options?: PresetOptions): string {
    return preset("daily", options, "* * *");
  },

  /**
   * Every Sunday, at midnight unless `at` is given.
   *
   * @example
   * ```ts
   * velero.schedules.weekly({ at: "22:30" }); // "30 22 * * 0"
   * ```
   */
  weekly(options?: PresetOptions): string {
    return preset("weekly", options, "* * 0");
  },

  /**
   * Every two weeks: on the 1st and the 15th of each month, because cron cannot count weeks.
   *
   * @example
   * ```ts
   * velero.schedules.biweekly(); // "0 0 1,15 * *"
   * ```
   */
  biweekly(options?: PresetOptions): string {
    return preset("biweekly", options, "1,15 * *");
  },

  /**
   * On the 1st of every month. Up to 31 days pass between two backups, which is longer than Velero's default `ttl`.
   *
   * @example
   * ```ts
   * velero.schedules.monthly({ at: "03:00" }); // "0 3 1 * *"
   * ```
   */
  monthly(options?: PresetOptions): string {
    return preset("monthly", options, "1 * *");
  },

  /**
   * Every two months: on the 1st of January, March, May and so on. Up to 62 days pass between two backups, which is
   * longer than Velero's default `ttl`.
   *
   * @example
   * ```ts
   * new velero.ClusterBackup("archive", {
   *   location,
   *   cluster: "east",
   *   schedule: velero.schedules.bimonthly({ at: "04:00" }),
   *   ttl: "4380h",
   * });
   * ```
   */
  bimonthly(options?: PresetOptions): string {
    return preset("bimonthly", options, "1 */2 *");
  },
};

function preset(name: string, { at = "00:00", timezone }: PresetOptions = {}, days: string): string {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(at) ?? [];
  if (hour === undefined)
    throw new Error(
      `schedules.${name}: \`at\` is ${JSON.stringify(at)}, and must be a time from "00:00" to "23:59".`,
    );
  return inZone(name, timezone, `${Number(minute)} ${Number(hour)} ${days}`);
}

function minuteOf(at: string): number {
  const [, minute] = /^:([0-5]\d)$/.exec(at) ?? [];
  if (minute === undefined)
    throw new Error(
      `schedules.hourly: \`at\` is ${JSON.stringify(at)}, and must be a minute from ":00" to ":59".`,
    );
  return Number(minute);
}

function inZone(name: string, timezone: string | undefined, cron: string): string {
  if (timezone === undefined) return cron;
  const known = nameOfZone(timezone);
  if (known === timezone) return `CRON_TZ=${timezone} ${cron}`;
  throw new Error(
    `schedules.${name}: \`timezone\` is ${JSON.stringify(timezone)}, and must be an IANA name such as "Europe/Berlin"` +
      (known ? `; this one is spelt ${JSON.stringify(known)}.` : ', or "UTC".'),
  );
}

/**
 * Returns the IANA name of a time zone. Intl accepts more than Velero's server, which looks for a file with that name:
 * it accepts "europe/berlin", "+02:00", and abbreviations, of which "EST" has no summer time and "PST" is no IANA name.
 */
function nameOfZone(timezone: string): string | undefined {
  if (!/^[a-z]/i.test(timezone)) return undefined;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: timezone }).resolvedOptions();
    if (timeZone.toLowerCase() === timezone.toLowerCase()) return timeZone;
    // This is another name of the same zone, such as "Europe/Kiev". Its spelling cannot be checked.
    return /^[A-Z]/.test(timezone) && /[a-z]/.test(timezone) ? timezone : undefined;
  } catch {
    return undefined;
  }
}
