/** The rig itself failed (the machine did not boot, or answers no more): this says nothing about the station. */
export class RigTrouble extends Error {
  override readonly name = 'RigTrouble';
}
