import { expect, it } from 'vitest';
import { discoveries } from '../../../src/daemon/mqtt/home-assistant.js';
import { topicsOf } from '../../../src/daemon/mqtt/topics.js';

it('lie below base and station', () => {
  const topics = topicsOf('plant/cupcheck', 'line-1');
  expect(topics.resultLast).toBe('plant/cupcheck/line-1/result/last');
  expect(topics.verbOf('plant/cupcheck/line-1/request/order')).toBe('order');
  expect(topics.verbOf('plant/cupcheck/line-2/request/order')).toBeNull();
  expect(topics.response('order')).toBe('plant/cupcheck/line-1/response/order');
});

it('refuse names that would reach other topics', () => {
  for (const base of ['', '$SYS', 'a/', '/a', 'a//b', 'a+', 'a/#', 'a b']) {
    expect(() => topicsOf(base, 's'), base).toThrow(/mqtt.base/);
  }
  for (const station of ['', 'a/b', '#', '+', 'a b'])
    expect(() => topicsOf('b', station), station).toThrow(/station.name/);
});

it('are told to Home Assistant with ids that it takes', () => {
  const found = discoveries(topicsOf('cupcheck', 'líne.1'), 'líne.1', '0.1.0');
  expect(found.map((each) => each.topic)).toEqual([
    'homeassistant/sensor/cupcheck_l_ne_1/verdict/config',
    'homeassistant/binary_sensor/cupcheck_l_ne_1/problem/config',
  ]);
  for (const { payload } of found)
    expect(payload).toMatchObject({ availability_topic: 'cupcheck/líne.1/availability' });
});
