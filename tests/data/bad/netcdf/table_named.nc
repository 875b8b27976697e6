sample_id,site,start,end,matrix,mode,analyte,concentration,unit,lod,flow (m^3/day)
S1,甲厂,2018-03-05T09:00,2018-03-06T09:00,wwtp_influent,composite_24h,methamphetamine,120,ng/L,1,5000
S2,乙厂,2018-03-06T09:00,2018-03-07T09:00,wwtp_influent,composite_24h,methamphetamine,80,ng/L,1,4000
