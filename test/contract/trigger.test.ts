import type { Trigger } from '../../src/daemon/ports.js';
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

triggerContract('scripted, level', () => scripted('level'));
triggerContract('scripted, edge_only', () => scripted('edge_only'));
