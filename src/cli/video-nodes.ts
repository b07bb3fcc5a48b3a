import { SystemRoot } from './system-root.js';

/** A node of a video device, with the names that mean it. */
export interface VideoNode {
  /** "/dev/video0" */
  readonly path: string;
  /** What the kernel calls it; `null` where it does not say. */
  readonly name: string | null;
  /** Links below /dev/v4l that lead to it: these stay after a restart. */
  readonly stable: readonly string[];
}

/** The video devices of this machine; none of them is opened. */
export async function videoNodes(root = new SystemRoot()): Promise<VideoNode[]> {
  const [nodes, links] = await Promise.all([root.names('dev', /^video\d+$/), stableNames(root)]);
  return Promise.all(
    nodes.map(async (node) => ({
      path: `/dev/${node}`,
      name: await root.line(`sys/class/video4linux/${node}/name`),
      stable: links.flatMap(({ link, target }) => (target === `/dev/${node}` ? [link] : [])),
    })),
  );
}

async function stableNames(root: SystemRoot): Promise<{ readonly link: string; readonly target: string }[]> {
  const folders = ['dev/v4l/by-id', 'dev/v4l/by-path'];
  const names = await Promise.all(
    folders.map(async (folder) => (await root.names(folder, /./)).map((name) => `/${folder}/${name}`)),
  );
  return Promise.all(names.flat().map(async (link) => ({ link, target: await root.target(link) })));
}
