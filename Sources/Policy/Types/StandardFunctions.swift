/// The functions of the language and of the extensions that the profile has: strings, mathematics,
/// encoders, optionals (CEL language definition, "List of Standard Definitions"; cel-go `ext`).
enum StandardFunctions {
    static let all: [String: FunctionDeclaration] = {
        var all: [String: FunctionDeclaration] = [:]
        for (name, function, overloads) in operators + conversions + texts + times + extensions {
            all[name] = FunctionDeclaration(overloads: overloads, function: function)
        }
        return all
    }()

    private typealias Row = (String, Function, [Overload])

    private static let a = ValueType.parameter("A")
    private static let b = ValueType.parameter("B")
    private static let listOfA = ValueType.list(a)
    private static let mapOfAB = ValueType.map(key: a, value: b)
    private static let numbers: [ValueType] = [.int, .uint, .double]

    private static func of(_ parameters: ValueType..., gives result: ValueType) -> Overload {
        Overload(parameters, result)
    }

    private static func on(_ parameters: ValueType..., gives result: ValueType) -> Overload {
        Overload(isReceiver: true, parameters, result)
    }

    private static func same(_ types: [ValueType], _ count: Int) -> [Overload] {
        types.map { Overload(Array(repeating: $0, count: count), $0) }
    }

    private static let operators: [Row] = {
        let ordered: [ValueType] = numbers + [.bool, .string, .bytes, .timestamp, .duration]
        let order = ordered.map { of($0, $0, gives: .bool) }
        return [
            ("_==_", .equal, [of(a, a, gives: .bool)]),
            ("_!=_", .notEqual, [of(a, a, gives: .bool)]),
            ("_<_", .less, order), ("_<=_", .lessOrEqual, order),
            ("_>_", .greater, order), ("_>=_", .greaterOrEqual, order),
            // Where a type is still open the first form decides it; the order is the reference's.
            (
                "_+_", .add,
                same(numbers + [.string, .bytes, listOfA, .duration], 2)
                    + [
                        of(.timestamp, .duration, gives: .timestamp),
                        of(.duration, .timestamp, gives: .timestamp),
                    ]
            ),
            (
                "_-_", .subtract,
                same(numbers + [.duration], 2)
                    + [
                        of(.timestamp, .duration, gives: .timestamp),
                        of(.timestamp, .timestamp, gives: .duration),
                    ]
            ),
            ("_*_", .multiply, same(numbers, 2)), ("_/_", .divide, same(numbers, 2)),
            ("_%_", .modulo, same([.int, .uint], 2)),
            (Operators.negate, .negate, same([.int, .double], 1)),
            (Operators.not, .not, [of(.bool, gives: .bool)]),
            ("@in", .isIn, [of(a, listOfA, gives: .bool), of(a, mapOfAB, gives: .bool)]),
            (
                Operators.index, .index,
                [
                    of(listOfA, .int, gives: a), of(mapOfAB, a, gives: b),
                    of(.optional(listOfA), .int, gives: .optional(a)),
                    of(.optional(mapOfAB), a, gives: .optional(b)),
                ]
            ),
            (
                Operators.optionalIndex, .optionalIndex,
                [
                    of(listOfA, .int, gives: .optional(a)), of(mapOfAB, a, gives: .optional(b)),
                    of(.optional(listOfA), .int, gives: .optional(a)),
                    of(.optional(mapOfAB), a, gives: .optional(b)),
                ]
            ),
        ]
    }()

    private static let conversions: [Row] = {
        func from(_ types: ValueType..., to result: ValueType) -> [Overload] {
            types.map { of($0, gives: result) }
        }
        return [
            ("bool", .toBool, from(.bool, .string, to: .bool)),
            ("int", .toInt, from(.int, .uint, .double, .string, .timestamp, to: .int)),
            ("uint", .toUint, from(.uint, .int, .double, .string, to: .uint)),
            ("double", .toDouble, from(.double, .int, .uint, .string, to: .double)),
            (
                "string", .toString,
                from(
                    .string, .bool, .int, .uint, .double, .bytes, .timestamp, .duration, to: .string
                )
            ),
            ("bytes", .toBytes, from(.bytes, .string, to: .bytes)),
            ("timestamp", .toTimestamp, from(.timestamp, .string, .int, to: .timestamp)),
            ("duration", .toDuration, from(.duration, .string, to: .duration)),
            ("dyn", .toDyn, from(a, to: .dyn)),
            ("type", .typeOf, [of(a, gives: .type(a))]),
        ]
    }()

    private static let texts: [Row] = {
        let sized: [ValueType] = [.string, .bytes, listOfA, mapOfAB]
        let search = [
            on(.string, .string, gives: .int), on(.string, .string, .int, gives: .int),
        ]
        let strings = ValueType.list(.string)
        return [
            (
                "size", .size,
                sized.map { of($0, gives: .int) } + sized.map { on($0, gives: .int) }
            ),
            ("contains", .contains, [on(.string, .string, gives: .bool)]),
            ("startsWith", .startsWith, [on(.string, .string, gives: .bool)]),
            ("endsWith", .endsWith, [on(.string, .string, gives: .bool)]),
            (
                "matches", .matches,
                [on(.string, .string, gives: .bool), of(.string, .string, gives: .bool)]
            ),
            ("charAt", .charAt, [on(.string, .int, gives: .string)]),
            ("indexOf", .indexOf, search), ("lastIndexOf", .lastIndexOf, search),
            ("lowerAscii", .lowerASCII, [on(.string, gives: .string)]),
            ("upperAscii", .upperASCII, [on(.string, gives: .string)]),
            (
                "replace", .replace,
                [
                    on(.string, .string, .string, gives: .string),
                    on(.string, .string, .string, .int, gives: .string),
                ]
            ),
            (
                "split", .split,
                [on(.string, .string, gives: strings), on(.string, .string, .int, gives: strings)]
            ),
            (
                "substring", .substring,
                [on(.string, .int, gives: .string), on(.string, .int, .int, gives: .string)]
            ),
            ("trim", .trim, [on(.string, gives: .string)]),
            ("reverse", .reverse, [on(.string, gives: .string)]),
            (
                "join", .join,
                [on(strings, gives: .string), on(strings, .string, gives: .string)]
            ),
            ("format", .format, [on(.string, .list(.dyn), gives: .string)]),
            ("strings.quote", .quote, [of(.string, gives: .string)]),
        ]
    }()

    private static let times: [Row] = {
        let zoned = [on(.timestamp, gives: .int), on(.timestamp, .string, gives: .int)]
        let both = zoned + [on(.duration, gives: .int)]
        return [
            ("getFullYear", .getFullYear, zoned), ("getMonth", .getMonth, zoned),
            ("getDate", .getDate, zoned), ("getDayOfMonth", .getDayOfMonth, zoned),
            ("getDayOfWeek", .getDayOfWeek, zoned), ("getDayOfYear", .getDayOfYear, zoned),
            ("getHours", .getHours, both), ("getMinutes", .getMinutes, both),
            ("getSeconds", .getSeconds, both), ("getMilliseconds", .getMilliseconds, both),
        ]
    }()

    private static let extensions: [Row] = {
        let integers: [ValueType] = [.int, .uint]
        // The most and the least of several take numbers of any kinds, one or a list of them.
        let several =
            same(numbers, 1) + numbers.map { of(.list($0), gives: $0) }
            + [of(.list(.dyn), gives: .dyn)]
            + numbers.flatMap { one in
                numbers.map { of(one, $0, gives: one == $0 ? one : .dyn) }
            }
            + (3...16).map { Overload(Array(repeating: .dyn, count: $0), .dyn) }
        return [
            ("math.greatest", .greatest, several), ("math.least", .least, several),
            ("math.ceil", .ceil, same([.double], 1)), ("math.floor", .floor, same([.double], 1)),
            ("math.round", .round, same([.double], 1)), ("math.trunc", .trunc, same([.double], 1)),
            ("math.abs", .abs, same(numbers, 1)), ("math.sign", .sign, same(numbers, 1)),
            ("math.sqrt", .squareRoot, numbers.map { of($0, gives: .double) }),
            ("math.isNaN", .isNaN, [of(.double, gives: .bool)]),
            ("math.isInf", .isInfinite, [of(.double, gives: .bool)]),
            ("math.isFinite", .isFinite, [of(.double, gives: .bool)]),
            ("math.bitAnd", .bitAnd, same(integers, 2)), ("math.bitOr", .bitOr, same(integers, 2)),
            ("math.bitXor", .bitXor, same(integers, 2)),
            ("math.bitNot", .bitNot, same(integers, 1)),
            (
                "math.bitShiftLeft", .bitShiftLeft,
                [of(.int, .int, gives: .int), of(.uint, .int, gives: .uint)]
            ),
            (
                "math.bitShiftRight", .bitShiftRight,
                [of(.int, .int, gives: .int), of(.uint, .int, gives: .uint)]
            ),
            ("base64.encode", .base64Encode, [of(.bytes, gives: .string)]),
            ("base64.decode", .base64Decode, [of(.string, gives: .bytes)]),
            ("optional.of", .optionalOf, [of(a, gives: .optional(a))]),
            ("optional.ofNonZeroValue", .optionalOfNonZero, [of(a, gives: .optional(a))]),
            ("optional.none", .optionalNone, [Overload([], .optional(a))]),
            ("hasValue", .hasValue, [on(.optional(a), gives: .bool)]),
            ("value", .optionalValue, [on(.optional(a), gives: a)]),
            ("or", .optionalOr, [on(.optional(a), .optional(a), gives: .optional(a))]),
            ("orValue", .optionalOrValue, [on(.optional(a), a, gives: a)]),
        ]
    }()
}
