/** When a preset runs. */
export interface PresetOptions {
  /**
   * Time of day, `HH:MM` from `00:00` to `23:59`.
   *
   * @default `00:00`
   */
  at?: `${number}:${number}`;
  /**
   * IANA name of the time zone that `at` is meant in: `Europe/Berlin`, `UTC` (Velero 1.15).
   *
   * @default none, which leaves it to Velero's server, UTC as a rule
   */
  timezone?: string;
}

/** When {@link schedules.hourly} runs. */
export interface HourlyOptions {
  /**
   * Minute of the hour, from `:00` to `:59`.
   *
   * @default `:00`
   */
  at?: `:${number}`;
  /**
   * IANA name of the time zone that `at` is meant in; some are half an hour off the others.
   *
   * @default Velero's server's
   */
  timezone?: string;
}

/**
 * Schedules under names, to be given as the `schedule` of a backup. Each is the text that Velero takes; a wrong time
 * or time zone throws at once.
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
   * Every hour, on the hour unless `at` says otherwise.
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
   * Every day, at midnight unless `at` says otherwise.
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
   * Every Sunday, at midnight unless `at` says otherwise.
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
   * Every two weeks: on the 1st and the 15th of each month, since cron cannot count weeks.
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
 * Intl is more lenient than Velero's server, which looks for a file of that name: it takes "europe/berlin", "+02:00",
 * and abbreviations, of which "EST" knows no summer and "PST" is not even IANA's.
 */
function nameOfZone(timezone: string): string | undefined {
  if (!/^[a-z]/i.test(timezone)) return undefined;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: timezone }).resolvedOptions();
    if (timeZone.toLowerCase() === timezone.toLowerCase()) return timeZone;
    // Another name of the same zone, as "Europe/Kiev" is. Its spelling cannot be looked up.
    return /^[A-Z]/.test(timezone) && /[a-z]/.test(timezone) ? timezone : undefined;
  } catch {
    return undefined;
  }
}
