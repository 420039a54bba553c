import ContractLanguage
import Encodings
import Foundation
import NaiveContracts
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct StageDiagramTests {
    private func diagram(_ document: ContractDocument, title: String = "Stages") -> StageDiagram {
        StageDiagram(StageGraph(document), title: title, label: { $0 }, stage: { $0 })
    }

    private func overlap(in diagram: StageDiagram) -> String? {
        for (index, one) in diagram.boxes.enumerated() {
            for other in diagram.boxes.dropFirst(index + 1)
            where one.x < other.x + other.width && other.x < one.x + one.width
                && one.y < other.y + other.height && other.y < one.y + one.height
            {
                return "\(one) and \(other)"
            }
        }
        return diagram.boxes.first {
            $0.x < 0 || $0.y < 0 || $0.x + $0.width > diagram.width
                || $0.y + $0.height > diagram.height
        }.map { "\($0) is outside" }
    }

    @Test(
        "A diagram has a box for each stage, each action's name on an arrow, and marks beginning and ends"
    )
    func lending() throws {
        let contract = try LendingDocument.contract()
        let diagram = diagram(contract.document)
        #expect(overlap(in: diagram) == nil)
        let stages = diagram.boxes.filter { if case .stage = $0.kind { true } else { false } }
        #expect(Set(stages.flatMap(\.lines)) == ["offered", "lent", "returned", "lost"])
        #expect(stages.filter { $0.kind == .stage(isInitial: false, isFinal: true) }.count == 2)
        #expect(diagram.boxes.contains { $0.kind == .loop && $0.lines == ["extend"] })
        #expect(diagram.boxes.contains { $0.kind == .label && $0.lines == ["hand-back"] })
        let dashes = diagram.svg.split(separator: "\n").count { $0.contains("stroke-dasharray") }
        #expect(dashes == 1, "only what follows an overdue obligation is dashed")
    }

    @Test("Boxes and names never overlap, whatever the stages and arrows are")
    func randomDocuments() throws {
        var drawn = 0
        for seed in UInt64(0)..<300 {
            guard let document = try? ContractDocument(RandomContract.document(seed: seed)) else {
                continue
            }
            drawn += 1
            let diagram = diagram(document)
            #expect(overlap(in: diagram) == nil, "seed \(seed)")
            let horizontal = diagram.svg.matches(of: /[MLC ](\d+),\d+/).compactMap {
                Int($0.output.1)
            }
            #expect(horizontal.allSatisfy { $0 <= diagram.width }, "seed \(seed)")
        }
        #expect(drawn > 100)
    }

    @Test("The drawing is well-formed XML, whatever the names hold")
    func wellFormed() throws {
        let contract = try LendingDocument.contract([
            ("lent: {zh: 已出借}", "lent: {en: \"<lent> & \\\"kept\\\" ]]>\", zh: 已出借}"),
            ("Lending a machine", "A < B & C"),
        ])
        let explanation = ContractExplanation(contract, in: .english)
        let reader = TextReader()
        let parser = XMLParser(data: Data(explanation.svg.utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(reader.text.contains("A < B & C") && reader.text.contains("<lent> & \"kept\" ]]>"))
        #expect(explanation.svg == ContractExplanation(contract, in: .english).svg)
    }

    @Test("The diagram for Mermaid names each stage once and each arrow")
    func mermaid() throws {
        let text = ContractExplanation(try LendingDocument.contract(), in: .english).mermaid
        #expect(text.contains("stateDiagram-v2\n"))
        #expect(text.contains("    [*] --> s0\n"))
        #expect(text.contains("    s0 --> s1: accept\n"))
        #expect(text.contains("    s1 --> s1: extend\n"))
        #expect(text.contains("    s3 --> [*]\n"))
    }
}

private final class TextReader: NSObject, XMLParserDelegate {
    var text = ""

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}
