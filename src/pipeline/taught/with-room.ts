import type { Picture } from '../frame.js';

/** Pictures without a scale are looked at no larger than this: what counts is a crop of 160 pixels. */
const MAX_SIDE_PX = 640;

const bytesAPixel = ({ format }: Picture) => (format === 'rgb' ? 3 : 1);

/** The picture shrunk by a whole number, each pixel the mean of those that it stands for; as RGB. */
function shrunk(picture: Picture): Picture {
  const by = Math.ceil(Math.max(picture.width, picture.height) / MAX_SIDE_PX);
  const [width, height] = [Math.floor(picture.width / by), Math.floor(picture.height / by)];
  const data = new Uint8Array(width * height * 3);
  const step = bytesAPixel(picture);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let row = y * by; row < (y + 1) * by; row++)
          for (let column = x * by; column < (x + 1) * by; column++)
            sum += picture.data[row * picture.stride + column * step + (step === 3 ? channel : 0)] ?? 0;
        data[(y * width + x) * 3 + channel] = Math.round(sum / (by * by));
      }
  return { width, height, format: 'rgb', stride: width * 3, data };
}

/** By channel the median of the outermost pixels. */
function borderColour({ width, height, data, stride }: Picture): number[] {
  return [0, 1, 2].map((channel) => {
    const values: number[] = [];
    for (let x = 0; x < width; x++)
      values.push(data[x * 3 + channel] ?? 0, data[(height - 1) * stride + x * 3 + channel] ?? 0);
    for (let y = 0; y < height; y++)
      values.push(data[y * stride + channel] ?? 0, data[y * stride + (width - 1) * 3 + channel] ?? 0);
    return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
  });
}

/** The picture (shrunk where it is large) in the middle of a surface of its border's colour, `times` as wide and high. */
export function withRoom(picture: Picture, times: number): Picture {
  const inner = shrunk(picture);
  const [width, height] = [Math.round(inner.width * times), Math.round(inner.height * times)];
  const colour = borderColour(inner);
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at++) data[at] = colour[at % 3] ?? 0;
  const [left, top] = [(width - inner.width) >> 1, (height - inner.height) >> 1];
  for (let y = 0; y < inner.height; y++)
    data.set(inner.data.subarray(y * inner.stride, (y + 1) * inner.stride), ((top + y) * width + left) * 3);
  return { width, height, format: 'rgb', stride: width * 3, data };
}
