/// What `reproduce` is asked for.
struct ReproduceArguments {
    /// In the order in which they are run: the longest is last.
    enum Name: String, CaseIterable {
        case heart, credit, compression, mnist
    }

    struct Mistake: Error, CustomStringConvertible {
        let problem: String

        var description: String {
            let names = Name.allCases.map(\.rawValue).joined(separator: "|")
            return """
                reproduce: \(problem)
                usage: reproduce [\(names) …] [--seeds N] [--json] [--write FOLDER]
                """
        }
    }

    private(set) var names: [Name] = []
    /// Those of the page, as in the table of Fed-Heart-Disease.
    private static let pageSeeds: [UInt64] = Array(42..<47)

    /// 42, 43 …
    private(set) var seeds = pageSeeds
    /// Whether the page speaks of these seeds: the mean of fewer may lie anywhere in their spread.
    var areSeedsOfPage: Bool { seeds == Self.pageSeeds }
    private(set) var isJSON = false
    /// Where `results.md` lies and the folder `results` is written.
    private(set) var folder: String?

    init(_ arguments: [String]) throws(Mistake) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--json": isJSON = true
            case "--seeds":
                guard let count = rest.popFirst().flatMap(UInt64.init), 1...100 ~= count else {
                    throw Mistake(problem: "--seeds should be followed by a number from 1 to 100")
                }
                seeds = (42..<42 + count).map(\.self)
            case "--write":
                guard let folder = rest.popFirst() else {
                    throw Mistake(problem: "--write should be followed by a folder")
                }
                self.folder = folder
            default:
                guard let name = Name(rawValue: argument) else {
                    throw Mistake(problem: "\"\(argument)\" is not known")
                }
                names.append(name)
            }
        }
        if names.isEmpty { names = Name.allCases }
    }
}
