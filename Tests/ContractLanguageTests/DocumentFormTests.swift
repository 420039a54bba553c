import ContractFiles
import ContractLanguage
import Encodings
import NaiveContracts
import Randomness
import Testing

/// A document means what it says, however it is written down.
@Suite struct DocumentFormTests {
    @Test("The order of fields and the style of writing make no difference")
    func orders() throws {
        for seed: UInt64 in 0..<150 {
            let json = RandomContract.document(seed: seed)
            var random = SeededRandom(seed: seed)
            let text = Self.yaml(json, indent: 0, &random)
            let file = try ContractFile(text: text, name: "f")
            #expect(file.json.canonicalBytes == json.canonicalBytes, "seed \(seed)\n\(text)")
            guard let contract = try? CompiledContract(ContractDocument(json)) else {
                #expect(throws: ContractFileError.self, "seed \(seed)") { try file.compiled() }
                continue
            }
            let other = try file.compiled()
            #expect(other.costMax == contract.costMax && other.offerors == contract.offerors)
            var tally = Tally()
            var run = TwinRun(other, json, seed: seed)
            let isAgreed = run.play(&tally)
            try #require(isAgreed, "seed \(seed): \(run.disagreement)")
        }
    }

    @Test("A document that is read keeps what it was read from, to the byte")
    func roundTrip() throws {
        for seed: UInt64 in 0..<150 {
            let json = RandomContract.document(seed: seed)
            let document = try ContractDocument(json)
            #expect(document.source.canonicalBytes == json.canonicalBytes)
            let again = try ContractFile(text: document.source.canonicalText, name: "f")
            #expect(again.json.canonicalBytes == json.canonicalBytes, "seed \(seed)")
        }
    }

    /// The value as YAML, its fields in a random order and each in a random style.
    private static func yaml(
        _ json: JSONValue, indent: Int, _ random: inout SeededRandom
    ) -> String {
        let space = String(repeating: " ", count: indent)
        switch json {
        case .object(let object)
        where !object.members.isEmpty && (indent == 0 || random.chance(60)):
            var members = object.members
            random.shuffle(&members)
            return members.map { member in
                let value = yaml(member.value, indent: indent + 2, &random)
                let isBlock = value.hasPrefix(" ")
                let key =
                    random.chance(50) ? member.key : JSONValue.string(member.key).canonicalText
                return "\(space)\(key):\(isBlock ? "\n" : " ")\(value)"
            }.joined(separator: random.chance(20) ? "\n# why not\n" : "\n")
        case .array(let elements) where !elements.isEmpty && random.chance(50):
            return elements.map { "\(space)- \(flow($0, &random))" }.joined(separator: "\n")
        default: return flow(json, &random)
        }
    }

    private static func flow(_ json: JSONValue, _ random: inout SeededRandom) -> String {
        switch json {
        case .object(let object):
            var members = object.members
            random.shuffle(&members)
            return
                "{\(members.map { "\($0.key): \(flow($0.value, &random))" }.joined(separator: ", "))}"
        case .array(let elements):
            return "[\(elements.map { flow($0, &random) }.joined(separator: ", "))]"
        case .string(let text) where random.chance(40):
            return "'\(text.replacing("'", with: "''"))'"
        default: return json.canonicalText
        }
    }
}
