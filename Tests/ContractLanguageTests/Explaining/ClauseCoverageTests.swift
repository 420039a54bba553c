import ContractLanguage
import Testing

@Suite struct ClauseCoverageTests {
    private let prose = """
        # Lending a machine

        ## 1 Deposit

        The borrower pays a deposit.

        ## 2. Return
        ## Clause 3: Courtesy

        ```
        ## 9 Not a heading
        ```
        """

    @Test("Coverage tells for each clause what enforces it")
    func rows() throws {
        let coverage = ClauseCoverage(
            try LendingDocument.contract().document, prose: [("en", prose)])
        #expect(coverage.rows.map(\.clause) == ["1", "2", "3"])
        #expect(coverage.rows[0].enforcers == [.rule(action: "accept", number: 1)])
        #expect(
            coverage.rows[1].enforcers == [
                .rule(action: "extend", number: 1), .obligation("return"),
            ])
        #expect(coverage.rows[2].enforcers.isEmpty)
        #expect(coverage.findings.isEmpty, "\(coverage.findings)")
    }

    @Test(
        "Clauses that only one of prose and document knows are found, and parents of clauses are not"
    )
    func headings() throws {
        let document = try LendingDocument.contract().document
        let text = "## 1 押金\n## 第 2 条 归还\n### 2.1 期限\n## 4 争议\n"
        let coverage = ClauseCoverage(document, prose: [("zh", text)])
        #expect(
            coverage.findings == [
                .notListed(clause: "2.1", title: "期限", language: "zh"),
                .notListed(clause: "4", title: "争议", language: "zh"),
                .notInProse(clause: "3", language: "zh"),
            ])
        let parents = try LendingDocument.contract([
            ("\"3\": {title", "\"3.1\": {title")
        ]).document
        let nested = "## 1 a\n## 2 b\n## 3 c\n### 3.1 d\n"
        #expect(ClauseCoverage(parents, prose: [("en", nested)]).findings.isEmpty)
    }

    @Test("A rule that names a clause which is marked as not enforced is found")
    func namedThoughNone() throws {
        let document = try LendingDocument.contract([
            (
                "cel: \"state.extensions < 3\", clause: \"2\"",
                "cel: \"state.extensions < 3\", clause: \"3\""
            )
        ]).document
        #expect(
            ClauseCoverage(document, prose: []).findings
                == [.namedThoughNone(clause: "3", .rule(action: "extend", number: 1))])
    }

    @Test("A clause can be enforced by how the place in a contract is traded")
    func token() throws {
        let document = try LendingDocument.contract([
            ("礼貌}, enforced: none", "礼貌}, enforced: machine"),
            ("examples: []", "token: {holder: borrower, transfer: \"false\", clause: \"3\"}"),
        ]).document
        #expect(ClauseCoverage(document, prose: []).rows.last?.enforcers == [.token])
    }

    @Test("Clauses are counted as people count")
    func order() throws {
        let document = try LendingDocument.contract([
            (
                "\"3\": {title",
                "\"10\": {title: x, enforced: none}\n  \"2.2\": {title: x, enforced: none}\n  \"3\": {title"
            )
        ]).document
        #expect(
            ClauseCoverage(document, prose: []).rows.map(\.clause) == ["1", "2", "2.2", "3", "10"])
    }
}
