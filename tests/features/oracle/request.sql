-- One row per applicant and feature of catalogue/request.py: the unrounded value, NULL where there is none.
SELECT application_id, unnest([
    {name: 'amount_requested', known: true, value: amount, scale: amount},
    {name: 'term_months', known: true, value: term_months, scale: 0},
    {name: 'principal_per_month', known: true, value: amount / term_months, scale: amount},
    {name: 'revolving_requested', known: true, value: CAST(revolving AS DOUBLE), scale: 0},
    {name: 'repayment_kind', known: true, value: word_at('repayment', repayment), scale: 0},
    {name: 'purpose', known: true, value: word_at('purpose', purpose), scale: 0},
    {name: 'customer_kind', known: true, value: word_at('customer_kind', customer_kind), scale: 0},
    {name: 'applicant_kind', known: true, value: word_at('kind', kind), scale: 0},
    {name: 'applicant_is_company', known: true, value: CAST(kind = 'company' AS DOUBLE), scale: 0},
    {name: 'registry_status', known: registry_status IS NOT NULL,
     value: word_at('registry_status', registry_status), scale: 0},
    {name: 'company_age_months', known: established_on IS NOT NULL,
     value: whole_months(established_on, today), scale: 0},
    {name: 'paid_in_to_registered_capital', known: paid_in_capital IS NOT NULL AND registered_capital IS NOT NULL,
     value: clip(ratio(paid_in_capital, registered_capital, 0), 0, 1), scale: 1}
], recursive := true)
FROM firm
ORDER BY application_id
