import { describe, expect, it } from 'vitest';
import { accepts } from '../../../src/daemon/config/formats.js';
import { keys } from '../../../src/daemon/config/keys.js';

describe('every key of the schema', () => {
  it('accepts its own default, says what it is for, and has a variable of its own', () => {
    expect(keys.length).toBeGreaterThan(50);
    for (const { name, key } of keys) {
      expect(accepts(key, key.default), name).toBe(true);
      expect(key.doc, name).toMatch(/^.{10,}\.$/);
    }
    expect(new Set(keys.map((entry) => entry.env)).size).toBe(keys.length);
  });

  it('has a variable spelled after its name', () => {
    expect(keys.find((entry) => entry.name === 'mqtt.homeAssistant')?.env).toBe('CUPCHECK_MQTT_HOME_ASSISTANT');
  });

  it('starts no simulated device by default', () => {
    const drivers = keys.filter((entry) => entry.name.endsWith('.driver'));
    expect(drivers.map((entry) => entry.key.default)).toEqual(['v4l2', 'gpiochip', 'gpiochip']);
  });
});
