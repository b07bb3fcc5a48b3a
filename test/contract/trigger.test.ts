import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { Trigger } from '../../src/daemon/ports.js';
import { KeyboardTrigger } from '../../src/hw/trigger/keyboard-trigger.js';
import { ScriptedTrigger } from '../../src/hw/trigger/scripted-trigger.js';
import { ManualClock } from '../fixtures/fake-station.js';
import { type TriggerRig, triggerContract } from './trigger-contract.js';

const scripted = async (kind: Trigger['kind']): Promise<TriggerRig> => {
  const clock = new ManualClock();
  const trigger = new ScriptedTrigger({ kind, clock, debounceMs: 20, minGapMs: 100 });
  return {
    trigger,
    nowNs: () => clock.nowNs(),
    sensesThePast: kind === 'level',
    place: () => trigger.place(),
    remove: () => trigger.remove(),
    wait: () => clock.advance(150),
    lose: () => trigger.lose(),
    close: () => Promise.resolve(),
  };
};

const keyboard = async (kind: Trigger['kind']): Promise<TriggerRig> => {
  const clock = new ManualClock();
  const keys = new PassThrough();
  const trigger = new KeyboardTrigger({ kind, clock, keys, onOtherKey: () => undefined });
  return {
    trigger,
    nowNs: () => clock.nowNs(),
    sensesThePast: false,
    place: () => void keys.write('p'),
    remove: () => void keys.write('r'),
    wait: async () => {
      await turn();
      await clock.advance(1);
    },
    lose: () => void keys.end(),
    close: () => Promise.resolve(),
  };
};

triggerContract('scripted, level', () => scripted('level'));
triggerContract('scripted, edge_only', () => scripted('edge_only'));
triggerContract('keyboard, level', () => keyboard('level'));
