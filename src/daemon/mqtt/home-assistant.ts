import type { Topics } from './topics.js';

/** A retained message of Home Assistant's MQTT discovery: https://www.home-assistant.io/integrations/mqtt/ */
export interface Discovery {
  readonly topic: string;
  readonly payload: object;
}

/** Two entities of one device: the last verdict, and whether the station has a problem. */
export function discoveries(topics: Topics, station: string, version: string): readonly Discovery[] {
  const node = `cupcheck_${station.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`;
  const shared = {
    availability_topic: topics.availability,
    device: { identifiers: [node], name: `cupcheck ${station}`, model: 'cupcheck', sw_version: version },
  };
  return [
    {
      topic: `homeassistant/sensor/${node}/verdict/config`,
      payload: {
        ...shared,
        name: 'Last verdict',
        unique_id: `${node}_verdict`,
        state_topic: topics.resultLast,
        value_template: '{{ value_json.verdict }}',
        json_attributes_topic: topics.resultLast,
        device_class: 'enum',
        options: ['green', 'amber'],
      },
    },
    {
      topic: `homeassistant/binary_sensor/${node}/problem/config`,
      payload: {
        ...shared,
        name: 'Problem',
        unique_id: `${node}_problem`,
        state_topic: topics.state,
        value_template: "{{ 'ON' if value_json.health == 'fault' else 'OFF' }}",
        device_class: 'problem',
      },
    },
  ];
}
