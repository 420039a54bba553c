import Encodings

/// What a bundle says of itself, in the file `jointlab.toml` at its top.
///
///     name = "credit-numpy"
///     version = "1.0.0"
///     description = "Logistic regression on a bank's credit data"
///
///     [program]
///     entry = "trainer:CreditTrainer"
///     kind = "trainer"                # or "numpy-client", "client-app"
///     python = "3.11"
///
///     [[requirements]]
///     name = "numpy"
///     version = "2.4.6"
///     sha256 = ["…"]
///
///     [inputs]
///     kind = "table"                  # or "files"
///     features = ["LIMIT_BAL", "AGE"] # none: all that the job's layout names
///     label = "default"
///
///     [outputs]
///     metrics = ["loss", "accuracy"]
///     predictions = false
///
///     [limits]
///     cpu-seconds = 60
///
/// Keys that are not known are refused: a limit that is misspelt must not be passed over.
package struct BundleManifest: Hashable, Sendable {
    /// What the entry point names.
    package enum ProgramKind: String, CaseIterable, Hashable, Sendable {
        /// A class of `jointlab.Trainer`.
        case trainer
        /// A Flower `NumPyClient`: its class, or a function of a context that makes one.
        case numPyClient = "numpy-client"
        /// A Flower `ClientApp`; flwr must be among the requirements.
        case clientApp = "client-app"
    }

    package enum InputKind: String, CaseIterable, Hashable, Sendable {
        /// Rows and columns.
        case table
        /// A folder of files with a table of labels.
        case files
    }

    package static let fileName = "jointlab.toml"

    package let name: String
    package let version: String
    package let summary: String
    /// `module:object`.
    package let entry: String
    package let kind: ProgramKind
    /// The lowest version of Python, as major and minor.
    package let python: PythonVersion
    package let requirements: [PackageRequirement]
    package let inputKind: InputKind
    /// The columns that it reads; empty: those that the job names.
    package let features: [String]
    package let label: String?
    /// The names that its metrics may have; none: any.
    package let metrics: [String]
    /// Whether it predicts, and rows of predictions may leave the sandbox.
    package let predicts: Bool
    package let limits: TrainerLimits

    /// - Throws: ``ManifestError``, with the line where there is one.
    package init(parsing text: String) throws(ManifestError) {
        let document = try TOMLDocument(parsing: text)
        do throws(JSONShapeError) {
            self = try BundleManifest(document.value)
        } catch {
            throw document.located(error)
        }
    }

    private init(_ value: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(value)
        name = try fields.string("name")
        guard (1...64).contains(name.utf8.count),
            name.utf8.allSatisfy({
                $0.isDigit || $0.isLetter && $0 >= UInt8(ascii: "a") || $0 == UInt8(ascii: "-")
            })
        else { throw fields.wrong("name", "should be 1 to 64 of a–z, 0–9 and -") }
        version = try fields.string("version")
        guard (1...32).contains(version.utf8.count),
            version.utf8.allSatisfy({ $0.isDigit || $0.isLetter || ".-+".utf8.contains($0) })
        else { throw fields.wrong("version", "should be as in \"1.0.0\"") }
        summary = try fields.optionalString("description") ?? ""
        guard summary.utf8.count <= 1_000 else {
            throw fields.wrong("description", "should be at most 1000 bytes long")
        }

        var program = try fields.fields("program")
        entry = try program.string("entry")
        guard Self.isEntryPoint(entry) else {
            throw program.wrong("entry", "should be module:object, as in \"trainer:CreditTrainer\"")
        }
        kind = try program.word("kind", or: .trainer)
        guard let version = PythonVersion(try program.string("python")) else {
            throw program.wrong("python", "should be a version as in \"3.11\"")
        }
        python = version
        try program.finish()

        var requirements: [PackageRequirement] = []
        if fields.optional("requirements") != nil {
            for (position, value) in try fields.array("requirements").enumerated() {
                let place = "requirements[\(position)]"
                let requirement = try PackageRequirement(value, at: place)
                guard
                    !requirements.contains(where: {
                        $0.normalisedName == requirement.normalisedName
                    })
                else {
                    throw JSONShapeError(
                        path: "\(place).name", problem: "is required twice")
                }
                requirements.append(requirement)
            }
        }
        self.requirements = requirements

        var inputs = try fields.fields("inputs")
        inputKind = try inputs.word("kind", or: .table)
        features = try inputs.names("features")
        label = try inputs.optionalString("label")
        try inputs.finish()

        var outputs = try JSONFields(fields.optional("outputs") ?? [:], at: "outputs")
        metrics = try outputs.names("metrics")
        predicts = outputs.optional("predictions") != nil ? try outputs.bool("predictions") : false
        try outputs.finish()

        limits = try TrainerLimits(fields.optional("limits"), at: "limits")
        try fields.finish()
    }

    /// A requirements file for `pip install --require-hashes`.
    package var pipRequirements: String {
        requirements.map { $0.pipLine + "\n" }.joined()
    }

    private static func isEntryPoint(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 && text.utf8.count <= 200
            && parts.allSatisfy { part in
                part.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
                    word.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
                        && word.utf8.first.map { !$0.isDigit } == true
                }
            }
    }
}

/// A version of the language, as in 3.11.
package struct PythonVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let major: Int
    package let minor: Int

    /// - Returns: `nil` unless the text begins with two numbers, as 3.11 and 3.11.7 do.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let major = Self.number(parts[0]),
            let minor = Self.number(parts[1])
        else { return nil }
        self.major = major
        self.minor = minor
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy(\.isDigit) && text.utf8.count <= 3 ? Int(text) : nil
    }

    package static func < (left: PythonVersion, right: PythonVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    package var description: String { "\(major).\(minor)" }
}

extension JSONFields {
    fileprivate mutating func word<Word: RawRepresentable & CaseIterable>(
        _ key: String, or standard: Word
    ) throws(JSONShapeError) -> Word where Word.RawValue == String {
        guard let text = try optionalString(key) else { return standard }
        guard let word = Word(rawValue: text) else {
            throw wrong(
                key, "should be one of " + Word.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return word
    }

    /// Names of columns or metrics, each once; none where the key is missing.
    fileprivate mutating func names(_ key: String) throws(JSONShapeError) -> [String] {
        guard optional(key) != nil else { return [] }
        let names = try strings(key)
        for (position, name) in names.enumerated() {
            guard (1...200).contains(name.utf8.count),
                !name.unicodeScalars.contains(where: \.isHidden)
            else { throw wrong("\(key)[\(position)]", "should be a visible name") }
        }
        guard Set(names.map { Array($0.utf8) }).count == names.count else {
            throw wrong(key, "has a name twice")
        }
        return names
    }
}
