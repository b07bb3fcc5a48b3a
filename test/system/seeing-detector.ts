import type { TinyDetector } from '../fixtures/tiny-bundle.js';

/** Cells of the detector's grid; a cell is 4 pixels of its input. */
const rows = 60;
const columns = 80;
/** Diameter of an item in cells: 24 mm at 5 px per mm in a picture of 640 × 480, which the detector sees at half its size. */
const itemCells = 15;
const sizeUnitCells = 16;
/** How much red or blue the drawn items have over green, in units of the network's input. */
const colourfulness = 0.8;

const zeros = (length: number): number[] => Array.from({ length }, () => 0);

/** A round kernel whose weights sum up to 1: its answer is greatest in the middle of an item. */
function roundKernel(): number[] {
  const middle = (itemCells - 1) / 2;
  const inside = Array.from({ length: itemCells ** 2 }, (_, at) => {
    const [x, y] = [at % itemCells, Math.floor(at / itemCells)];
    return Math.hypot(x - middle, y - middle) <= itemCells / 2 ? 1 : 0;
  });
  const area = inside.reduce<number>((sum, weight) => sum + weight, 0);
  return inside.map((weight) => weight / area);
}

const pad = (itemCells - 1) / 2;

/** Sees red and blue discs of one size: colour, then a round window over it. */
export const seeingDetector: TinyDetector = {
  peakThreshold: 0.8,
  network: {
    input: ['image', [1, 3, rows * 4, columns * 4]],
    outputs: {
      heat: [1, 1, rows, columns],
      size: [1, 2, rows, columns],
      offset: [1, 2, rows, columns],
      mask: [1, 1, rows, columns],
    },
    weights: {
      'over-green.w': [
        [2, 3, 1, 1],
        [1, -1, 0, 0, -1, 1],
      ],
      'mask.w': [
        [1, 2, 1, 1],
        [1 / colourfulness, 1 / colourfulness],
      ],
      'heat.w': [[1, 1, itemCells, itemCells], roundKernel()],
      'size.w': [[2, 1, 1, 1], zeros(2)],
      'size.b': [[2], [itemCells / sizeUnitCells, itemCells / sizeUnitCells]],
      'offset.w': [[2, 1, 1, 1], zeros(2)],
      'offset.b': [[2], zeros(2)],
    },
    nodes: [
      {
        op: 'AveragePool',
        inputs: ['image'],
        output: 'pooled',
        attributes: { kernel_shape: [4, 4], strides: [4, 4] },
      },
      { op: 'Conv', inputs: ['pooled', 'over-green.w'], output: 'over-green' },
      { op: 'Relu', inputs: ['over-green'], output: 'colourful' },
      { op: 'Conv', inputs: ['colourful', 'mask.w'], output: 'mask' },
      {
        op: 'Conv',
        inputs: ['mask', 'heat.w'],
        output: 'heat',
        attributes: { kernel_shape: [itemCells, itemCells], pads: [pad, pad, pad, pad] },
      },
      { op: 'Conv', inputs: ['mask', 'size.w', 'size.b'], output: 'size' },
      { op: 'Conv', inputs: ['mask', 'offset.w', 'offset.b'], output: 'offset' },
    ],
  },
};
