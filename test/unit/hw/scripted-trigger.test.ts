import { beforeEach, describe, expect, it } from 'vitest';
import type { TriggerEvent } from '../../../src/daemon/ports.js';
import { type ScriptStep, ScriptedTrigger } from '../../../src/hw/trigger/scripted-trigger.js';
import { ManualClock } from '../../fixtures/fake-station.js';

describe('scripted trigger', () => {
  let clock: ManualClock;
  let events: string[];
  const listener = (event: TriggerEvent): void => void events.push(event.type);
  const made = (kind: 'level' | 'edge_only', script: readonly ScriptStep[] = []): ScriptedTrigger =>
    new ScriptedTrigger({ kind, clock, debounceMs: 20, dwellMs: 0, minGapMs: 100, stuckMs: 0, script });

  beforeEach(() => {
    clock = new ManualClock();
    events = [];
  });

  it('plays its script in its own time', async () => {
    const trigger = made('level', [
      { atMs: 100, do: 'place' },
      { atMs: 600, do: 'remove' },
    ]);
    await trigger.start(listener);
    await clock.advance(119);
    expect(events).toEqual([]);
    await clock.advance(1);
    expect(events).toEqual(['placed']);
    await clock.advance(500);
    expect(events).toEqual(['placed', 'removed']);
    await trigger.stop();
  });

  it('stops its script', async () => {
    const trigger = made('level', [{ atMs: 100, do: 'place' }]);
    await trigger.start(listener);
    await trigger.stop();
    await clock.advance(1000);
    expect(trigger.present).toBe(false);
  });

  it('bounces without a second event', async () => {
    const trigger = made('level');
    await trigger.start(listener);
    trigger.place();
    trigger.bounce(50);
    await clock.advance(200);
    trigger.bounce(50);
    await clock.advance(200);
    expect(events).toEqual(['placed']);
    trigger.remove();
    trigger.bounce(50);
    await clock.advance(200);
    expect(events).toEqual(['placed', 'removed']);
    await trigger.stop();
  });

  it('found again, tells of the cup that stands there', async () => {
    const trigger = made('level');
    await trigger.start(listener);
    trigger.lose();
    trigger.place();
    await clock.advance(200);
    expect(events).toEqual(['lost']);
    trigger.find();
    await clock.advance(200);
    expect(events).toEqual(['lost', 'found', 'placed']);
    await trigger.stop();
  });
});
