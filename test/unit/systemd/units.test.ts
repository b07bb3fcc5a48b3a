import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const unit = (name: string): string => fileURLToPath(new URL(`../../../systemd/${name}`, import.meta.url));
const services = ['cupcheck.service', 'cupcheck-light.service'];
/** The aim of the issue, in tenths. */
const mostExposure = 20;

const analyse = (...more: string[]) => spawnSync('systemd-analyze', more, { encoding: 'utf8' });
const absent = analyse('--version').error !== undefined;

describe.skipIf(absent)('the units (skipped where there is no systemd-analyze)', () => {
  it.each(services)('%s is no more exposed than 2.0', (service) => {
    const { status, stdout, stderr } = analyse(
      'security',
      '--offline=true',
      `--threshold=${mostExposure}`,
      '--no-pager',
      unit(service),
    );
    const [, exposure = stderr] = /Overall exposure level for \S+: (\S+)/.exec(stdout) ?? [];
    console.log(`${service}: exposure ${exposure}`);
    expect(Number(exposure)).toBeGreaterThan(0);
    expect(status).toBe(0);
  });
});

describe('the units', () => {
  const text = (name: string): string => readFileSync(unit(name), 'utf8');
  const value = (name: string, key: string): string | undefined =>
    new RegExp(`^${key}=(.*)$`, 'm').exec(text(name))?.[1];

  it('leave the guard of the lamps the time to drive them dark', () => {
    expect(value('cupcheck-light.service', 'KillMode')).toBe('control-group');
  });

  it('let the light outlive the station', () => {
    expect(value('cupcheck.service', 'After')).toContain('cupcheck-light.service');
    expect(text('cupcheck-light.service')).not.toMatch(
      /^(BindsTo|Requires|PartOf|After|StopPropagatedFrom)=.*cupcheck\.service/m,
    );
    expect(text('cupcheck.service')).not.toMatch(/^(BindsTo|Requires)=/m);
    expect(value('cupcheck.service', 'RuntimeDirectory')).not.toBe(value('cupcheck-light.service', 'RuntimeDirectory'));
  });

  it('send no telemetry, and are killed when they hang', () => {
    expect(value('cupcheck.service', 'Environment')).toContain('ORT_DISABLE_TELEMETRY=1');
    for (const service of services) {
      expect(value(service, 'WatchdogSignal')).toBe('SIGKILL');
      expect(Number(value(service, 'WatchdogSec'))).toBeGreaterThan(0);
      // The process that speaks to systemd is a child of the service.
      expect(value(service, 'NotifyAccess')).toBe('all');
    }
  });
});
