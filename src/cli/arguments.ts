import { InvalidArgumentError } from 'commander';

/** A parser for a whole number within bounds. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };

const secondsPer = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds of "90s", "15m", "8h", "2d". */
export function seconds(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined)
    throw new InvalidArgumentError('Give a time such as 90s, 15m, 8h, 2d.');
  return Number(count) * secondsPer[unit as keyof typeof secondsPer];
}

const momentForm = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

/** The moment "2026-11-24", "2026-11-24T08:00Z", or so long ago: "2h". UTC where no zone is given, as everything is printed. */
export function moment(text: string): Date {
  if (/^\d+[smhd]$/.test(text)) return new Date(Date.now() - seconds(text) * 1000);
  const [, day, time = '00:00', zone = 'Z'] = momentForm.exec(text) ?? [];
  const date = new Date(`${day}T${time}${zone}`);
  const midnight = new Date(`${day}T00:00Z`);
  const valid = ![date, midnight].some((one) => Number.isNaN(one.getTime()));
  // A day that its month has not would silently be one of the next.
  if (valid && midnight.toISOString().startsWith(`${day}T`)) return date;
  throw new InvalidArgumentError('Give a moment such as 2026-11-24T08:00Z, or so long ago: 90s, 15m, 8h, 2d.');
}

/** Collects an option that may be given several times. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** A decimal number. */
export function decimal(text: string): number {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a number such as 7.25.');
}
