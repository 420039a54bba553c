/// What a call does. Which kinds of values it takes shows when it runs; the checker has seen to it
/// before, unless `dyn` is about.
enum Function: UInt8, Hashable, Sendable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case add, subtract, multiply, divide, modulo, negate, not
    case isIn, index, optionalIndex
    case toBool, toInt, toUint, toDouble, toString, toBytes, toTimestamp, toDuration, toDyn, typeOf
    case size, contains, startsWith, endsWith, matches
    case charAt, indexOf, lastIndexOf, lowerASCII, upperASCII, replace, split, substring, trim
    case reverse, join, format, quote
    case getFullYear, getMonth, getDate, getDayOfMonth, getDayOfWeek, getDayOfYear
    case getHours, getMinutes, getSeconds, getMilliseconds
    case greatest, least, ceil, floor, round, trunc, abs, sign, squareRoot
    case isNaN, isInfinite, isFinite
    case bitAnd, bitOr, bitXor, bitNot, bitShiftLeft, bitShiftRight
    case base64Encode, base64Decode
    case optionalOf, optionalOfNonZero, optionalNone, hasValue, optionalValue, optionalOr
    case optionalOrValue
}
