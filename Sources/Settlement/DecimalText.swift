/// Minor units in the major unit, exactly: `-1250` with two places is `-12.50`.
package func decimalText(_ minorUnits: Int64, scale: Int) -> String {
    let digits = String(minorUnits.magnitude)
    let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
    let sign = minorUnits < 0 ? "-" : ""
    return scale == 0
        ? sign + padded : sign + padded.dropLast(scale) + "." + padded.suffix(scale)
}
