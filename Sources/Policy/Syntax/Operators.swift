/// The names under which operators are functions (CEL language definition, "List of Standard
/// Definitions").
enum Operators {
    static let negate = "-_"
    static let not = "!_"
    static let index = "_[_]"
    static let optionalIndex = "_[?_]"

    /// How tightly the binary operators bind; the higher the tighter. All associate to the left.
    static func binary(_ token: Token.Kind) -> (name: String, precedence: Int)? {
        switch token {
        case .identifier("in"): ("@in", 1)
        case .symbol(let symbol):
            switch symbol {
            case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
                ("_\(symbol.rawValue)_", 1)
            case .plus, .minus: ("_\(symbol.rawValue)_", 2)
            case .times, .divide, .modulo: ("_\(symbol.rawValue)_", 3)
            default: nil
            }
        default: nil
        }
    }

    static let tightest = 3

    /// How a message names a function: an operator as it is written.
    static func display(_ name: String) -> String {
        switch name {
        case index, optionalIndex: "[]"
        case "@in": "in"
        default:
            name.contains("_") && !(name.first?.isLetter ?? false)
                ? name.filter { $0 != "_" } : name
        }
    }
}
