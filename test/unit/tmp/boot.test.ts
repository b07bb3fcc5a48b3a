import { it } from 'vitest';
import { execFileSync } from 'node:child_process';
import { Machine } from '/work/wt/rig/test/system/machine.js';
it('boots', async () => {
  const image = execFileSync('bash', ['/work/wt/rig/test/system/image/build.sh']).toString().trim();
  execFileSync('qemu-img', ['create','-q','-f','qcow2','-b',image+'/root.ext4','-F','raw','/tmp/sys/disk.qcow2']);
  const t=Date.now(); const lap=(s:string)=>console.log(s,Date.now()-t);
  const m = await Machine.start({image, disk:'/tmp/sys/disk.qcow2', share:'/tmp/sys'});
  lap('up');
  console.log(await m.run('systemd-analyze; systemd-analyze blame | head -25; systemd-analyze critical-chain guest-up.service; systemctl --failed --no-legend; ls -l /dev/video* /dev/gpiochip* /run/station-gpio; gpioinfo | grep -v unnamed; ls /host; df -h /; uptime; v4l2-ctl --list-devices; exit 3'));
  lap('ran');
  console.log(await m.must('echo hi > /root/synced; sync; echo x > /root/lazy')); lap('cmd');
  await m.cutPower(); await m.powerOn(); lap('again');
  console.log(await m.run('ls -l /root; dmesg | grep -i ext4')); 
  await m.reboot(); lap('reboot');
  console.log(await m.run('cat /root/synced; journalctl -b -p warning --no-pager | tail -20')); 
  await m.shutDown(); lap('down'); await m.remove();
}, 900000);
