import { LightLease } from '../../src/daemon/light/client.js';
import { systemClock } from '../../src/daemon/system-clock.js';
import { LightRigServer } from '../fixtures/light-rig.js';
import { lightContract } from './light-contract.js';

lightContract('lease from the light process', async () => {
  const rig = new LightRigServer(600);
  await rig.start();
  const light = new LightLease({
    clock: systemClock,
    socketPath: rig.socketPath,
    leaseMs: 600,
    renewMs: 100,
    retryMs: 10,
    maxRetryMs: 50,
  });
  await light.start();
  return {
    light,
    seen: () => rig.lines.state,
    lose: () => rig.server.stop(),
    find: () => rig.start(),
    close: () => rig.close(),
  };
});
